/**
 * Whether this machine is quiet at the moment: a piece of work that is always the same, half of it arithmetic, half of it
 * reading memory in an order that no cache foresees. Beside a neighbour that takes processor or cache it takes longer, as
 * everything does; what was timed between two such pieces says nothing then.
 */

/** Above this multiple of its quickest time in the process, the control has failed. */
export const MOST = 1.25

const CELLS = 1 << 21
const HOPS = 20_000
const SUMS = 1_000_000

const next = shuffledRing(CELLS)
let at = 0

/** Milliseconds by the clock; some two or three of them. */
export function control(): number {
  const start = performance.now()
  const ring = next
  let cell = at
  for (let i = 0; i < HOPS; i++) cell = ring[cell]!
  let mixed = cell
  for (let i = 0; i < SUMS; i++) mixed = (Math.imul(mixed, 0x9e3779b1) + i) | 0
  // The next piece goes on elsewhere, and the sum is needed, so that nothing of it can be left out.
  at = (cell + (mixed & 1)) % CELLS
  return performance.now() - start
}

/** Every cell names the next one, in one ring through all of them (Sattolo's shuffle). */
function shuffledRing(size: number): Int32Array {
  const cells = Int32Array.from({ length: size }, (_, i) => i)
  let state = 1
  for (let i = size - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const j = state % i
    const kept = cells[i]!
    cells[i] = cells[j]!
    cells[j] = kept
  }
  return cells
}
