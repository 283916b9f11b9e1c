/** What a run may cost at most. */

/** A limit that is null does not count. */
export type Budget = {
  /** US dollars. */
  readonly dollars: number | null
  readonly tokens: number | null
  readonly minutes: number | null
}

export const NO_BUDGET: Budget = { dollars: null, tokens: null, minutes: null }
