import type { Lowered } from '#src/kinds/contract.ts'

/** Notes are for people: nothing of them reaches a plan. */
export function lowerNote(): Lowered {
  return { outputs: {}, diagnostics: [] }
}
