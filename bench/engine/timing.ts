/** Medians of interleaved samples, so that a busy moment falls on every candidate alike. */
export type Row = { name: string; value: number; goal: string; holds: boolean }

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Seconds of processor time that `work` took: what other programs do meanwhile does not count. For work on one thread. */
export async function cpuSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

export async function wallSeconds(work: () => unknown): Promise<number> {
  const before = performance.now()
  await work()
  return (performance.now() - before) / 1000
}

/** The median seconds of each candidate over `rounds` interleaved rounds, after one round of warming up. */
export async function interleave<K extends string>(
  candidates: Record<K, () => unknown>,
  rounds: number,
  clock: (work: () => unknown) => Promise<number>,
): Promise<Record<K, number>> {
  const names = Object.keys(candidates) as K[]
  const samples = new Map(names.map((name): [K, number[]] => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const seconds = await clock(candidates[name])
      if (round >= 0) samples.get(name)!.push(seconds)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name)!)])) as Record<K, number>
}

export function atLeast(name: string, value: number, floor: number): Row {
  const rounded = Math.round(value * 1000) / 1000
  return { name, value: rounded, goal: `≥ ${floor}`, holds: rounded >= floor }
}

export function noted(name: string, value: number): Row {
  return { name, value: Math.round(value * 10) / 10, goal: 'noted', holds: true }
}
