/** The order of a model's operations: each is submitted when all earlier ones have been, results are not waited for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `submit` after every turn taken before it, whether those went well or not. */
  take<T>(submit: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(submit)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
