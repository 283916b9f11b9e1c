/** Which rows each batch takes: all of it follows from seed and number, so a resumed run needs nothing else. */
import { deriveSeed, seededRng } from '../base/rng.ts'

/** Row indices of a batch, counted through epochs. Every epoch shuffles the original order anew and drops the remainder. */
export function rowsOfBatch(rows: number, batchSize: number, seed: number): (batch: number) => readonly number[] {
  const perEpoch = Math.floor(rows / batchSize)
  let known: { epoch: number; order: readonly number[] } | null = null
  return (batch) => {
    const epoch = Math.floor(batch / perEpoch)
    if (known?.epoch !== epoch) {
      const rng = seededRng(deriveSeed(seed, 'epoch', epoch))
      known = { epoch, order: rng.shuffle(Array.from({ length: rows }, (_, i) => i)) }
    }
    const from = (batch % perEpoch) * batchSize
    return known.order.slice(from, from + batchSize)
  }
}

/** Contiguous parts of nearly equal size, at most as many as there are items. */
export function splitEvenly<T>(items: readonly T[], parts: number): T[][] {
  const count = Math.min(parts, items.length)
  return Array.from({ length: count }, (_, i) =>
    items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count)),
  )
}
