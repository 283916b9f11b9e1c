/** Seeded random numbers: the same seed gives the same stream on every machine and in every door (page, worker, Node). */
export type Rng = {
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** Uniform integer in [0, n). */
  int(n: number): number
  /** Fisher–Yates; returns a new array. */
  shuffle<T>(items: readonly T[]): T[]
  /** The generator's whole state, to continue a run exactly where it stopped. */
  state(): number
}

/** mulberry32 (public domain algorithm by T. Ettinger): one 32-bit word of state. */
export function seededRng(seed: number): Rng {
  let s = seed >>> 0
  const next = (): number => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = s
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (n: number): number => Math.floor(next() * n)
  return {
    next,
    int,
    shuffle<T>(items: readonly T[]): T[] {
      const out = items.slice()
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const held = out[i]!
        out[i] = out[j]!
        out[j] = held
      }
      return out
    },
    state: () => s,
  }
}

/** A 32-bit seed derived from a seed and labels, so that independent streams never share numbers. */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  let h = 2166136261 ^ (seed >>> 0)
  const text = labels.join('\u0000')
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  return h >>> 0
}
