/**
 * Who is served next. Work is queued in lanes (one per model, or per sampler); within a lane by order number, between
 * lanes in turn, so that a model with a long queue does not starve another. A budget bounds what runs at once.
 */
type Job = { readonly order: number; readonly cost: number; readonly run: () => Promise<void> }

/** What the promise of a job rejects with that was taken out of the queue. */
export class TakenOut extends Error {
  override readonly name = 'TakenOut'
}

type Lane = { readonly jobs: Job[]; running: number; spent: number }

export type LaneQueueOptions = {
  /** Sum of the costs that may run at once; a job dearer than all of it runs alone. */
  readonly budget: number
  /** Sum of the costs of one lane, likewise. Training keeps 1: its operations depend on each other. */
  readonly perLane: number
}

export class LaneQueue {
  readonly #options: LaneQueueOptions
  /** Lanes with waiting jobs or running ones; the first in the map is served next. */
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<void>>()
  #spent = 0
  #closed = false

  constructor(options: LaneQueueOptions) {
    this.#options = options
  }

  /**
   * Resolves or rejects as the work does. Lower orders of a lane go first; equal ones as they came.
   * Aborting the signal takes a job out that still waits (it rejects with `TakenOut`); one that runs goes on.
   */
  add<T>(lane: string, order: number, cost: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const takeOut = (): void => {
        if (this.#takeOut(lane, job)) reject(new TakenOut())
      }
      const run = (): Promise<void> => {
        signal?.removeEventListener('abort', takeOut)
        return work().then(resolve, reject)
      }
      const job: Job = { order, cost, run }
      signal?.addEventListener('abort', takeOut, { once: true })
      const { jobs } = this.#lane(lane)
      const after = jobs.findLastIndex((other) => other.order <= order)
      jobs.splice(after + 1, 0, job)
      this.#serve()
    })
  }

  #takeOut(name: string, job: Job): boolean {
    const lane = this.#lanes.get(name)
    const at = lane?.jobs.indexOf(job) ?? -1
    if (lane === undefined || at < 0) return false
    lane.jobs.splice(at, 1)
    if (lane.jobs.length === 0 && lane.running === 0) this.#lanes.delete(name)
    this.#serve()
    return true
  }

  /** Jobs that wait or run, in all lanes. */
  get total(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.jobs.length + lane.running, 0)
  }

  /** Number of jobs that wait or run in a lane. */
  size(lane: string): number {
    const found = this.#lanes.get(lane)
    return found === undefined ? 0 : found.jobs.length + found.running
  }

  /** Nothing that waits will be started any more. Resolves once nothing runs. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#running)
  }

  #lane(name: string): Lane {
    const found = this.#lanes.get(name) ?? { jobs: [], running: 0, spent: 0 }
    this.#lanes.set(name, found)
    return found
  }

  #serve(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#start(...next)
  }

  #next(): [string, Lane, Job] | undefined {
    if (this.#closed) return undefined
    for (const [name, lane] of this.#lanes) {
      const job = lane.jobs[0]
      if (job === undefined || (lane.spent > 0 && lane.spent + job.cost > this.#options.perLane)) continue
      // The lane whose turn it is waits for room rather than being overtaken by cheaper jobs.
      if (this.#spent > 0 && this.#spent + job.cost > this.#options.budget) return undefined
      return [name, lane, job]
    }
    return undefined
  }

  #start(name: string, lane: Lane, job: Job): void {
    lane.jobs.shift()
    lane.running++
    lane.spent += job.cost
    this.#spent += job.cost
    this.#toTheEnd(name, lane)
    const run = job.run().then(() => {
      this.#running.delete(run)
      lane.running--
      lane.spent -= job.cost
      this.#spent -= job.cost
      // Again, for lanes that came while it ran.
      this.#toTheEnd(name, lane)
      this.#serve()
    })
    this.#running.add(run)
  }

  /** The others come before this lane's next job; an empty lane is forgotten. */
  #toTheEnd(name: string, lane: Lane): void {
    this.#lanes.delete(name)
    if (lane.running > 0 || lane.jobs.length > 0) this.#lanes.set(name, lane)
  }
}
