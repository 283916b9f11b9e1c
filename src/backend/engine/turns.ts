/**
 * One thread's work in pieces, taken from several lanes so that each gets an equal share of the thread: no long job keeps
 * another waiting for more than the piece under way. Shares are counted in rows of arithmetic, not in time, so the order of
 * work depends on the work alone. (Start-time fair queueing: a lane that comes late or back does not get what it missed.)
 */
import { pacer } from './breathe.ts'
import type { Pacer } from './breathe.ts'

type Piece = { cost: number; run: () => void }

type Lane = { waiting: Piece[]; served: number }

/** Called before each piece; what tests and benches count. */
export type OnTurn = (lane: string, cost: number) => void

export class Turns {
  readonly #lanes = new Map<string, Lane>()
  /** What the lane now at work had been served when its turn came: the level at which newcomers enter. */
  #level = 0
  /** What is under way. */
  #now: { name: string; lane: Lane; pace: Pacer } | null = null
  onTurn: OnTurn | null = null

  /** Resolves with what `work` returns. Pieces of one lane run as they came; `cost` > 0. */
  add<T>(lane: string, cost: number, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      }
      let its = this.#lanes.get(lane)
      if (!its) this.#lanes.set(lane, (its = { waiting: [], served: this.#level }))
      else if (its.waiting.length === 0) its.served = Math.max(its.served, this.#level)
      its.waiting.push({ cost, run })
      if (!this.#now) void this.#run()
    })
  }

  /**
   * Whether the piece under way may go on with another `cost` of work, which is then counted: nobody waits for the thread and
   * the loop need not turn yet. Many small pieces cost less so than one by one.
   */
  again(cost: number): boolean {
    if (!this.#now || this.#now.pace.spent()) return false
    for (const { waiting } of this.#lanes.values()) if (waiting.length > 0) return false
    this.#count(this.#now.name, this.#now.lane, cost)
    return true
  }

  async #run(): Promise<void> {
    const now = { name: '', lane: { waiting: [], served: 0 } as Lane, pace: pacer() }
    this.#now = now
    // Whoever is told of a result may add its next piece before the next turn is given.
    for (await Promise.resolve(); ; await Promise.resolve()) {
      const next = this.#next()
      if (next === null) break
      ;[now.name, now.lane] = next
      const piece = now.lane.waiting.shift()!
      this.#count(now.name, now.lane, piece.cost)
      piece.run()
      if (now.pace.spent()) await now.pace.rest()
    }
    this.#now = null
  }

  #count(name: string, lane: Lane, cost: number): void {
    this.#level = lane.served
    lane.served += cost
    this.onTurn?.(name, cost)
  }

  /** The lane that has had least; the lanes with nothing to do and nothing to make up for are forgotten. */
  #next(): [string, Lane] | null {
    let least: [string, Lane] | null = null
    for (const entry of this.#lanes) {
      const [name, lane] = entry
      if (lane.waiting.length > 0) {
        if (least === null || lane.served < least[1].served) least = entry
      } else if (lane.served <= this.#level) this.#lanes.delete(name)
    }
    return least
  }
}
