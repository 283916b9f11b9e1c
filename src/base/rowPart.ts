/** Which rows a stage uses: the one split that the compiler counts with and the loops train on. */
import { seededRng } from './rng.ts'

export type RowPart = {
  readonly part: 'all' | 'train' | 'heldout'
  readonly heldoutRows: number
  readonly splitSeed: number
  /** At most this many rows of the part; 0 = all. */
  readonly limit: number
}

/** How many of `rows` usable rows the part has. */
export function countPart(rows: number, spec: RowPart): number {
  const heldout = Math.min(spec.heldoutRows, rows)
  const size = spec.part === 'all' ? rows : spec.part === 'heldout' ? heldout : rows - heldout
  return spec.limit > 0 ? Math.min(spec.limit, size) : size
}

/**
 * Indices of the part's rows, ascending (file order). The rows are shuffled by the seed; the first `heldoutRows` are held
 * out, the rest train; a limit takes the first of the part in shuffled order, so that it is a fair sample of the file.
 */
export function indicesOfPart(rows: number, spec: RowPart): number[] {
  const shuffled = seededRng(spec.splitSeed).shuffle(Array.from({ length: rows }, (_, i) => i))
  const heldout = Math.min(spec.heldoutRows, rows)
  const part =
    spec.part === 'all' ? shuffled : spec.part === 'heldout' ? shuffled.slice(0, heldout) : shuffled.slice(heldout)
  const taken = spec.limit > 0 ? part.slice(0, spec.limit) : part
  return taken.sort((a, b) => a - b)
}
