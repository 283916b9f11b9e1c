/** What stages and runs have used of models. */

/** Tokens of one model. Fractions are fine in estimates. */
export type Spent = {
  /** Through `forward` and `forward_backward` alike: whole sequences, the masked prompt included. */
  readonly trained: number
  /** Prompts read anew. */
  readonly prefilled: number
  /** Prompts read again by further samples of a group. */
  readonly cached: number
  readonly sampled: number
}

/** What a run has used so far, over all times that it went on. */
export type RunSpent = {
  readonly models: { readonly [model: string]: Spent }
  /** Wall-clock minutes while it was being carried out. */
  readonly minutes: number
}

export const RUN_SPENT_NOTHING: RunSpent = { models: {}, minutes: 0 }
