/** A sweep is taken apart before lowering: what reaches the plan are the branches that it makes. */
import type { Lowered } from '#src/kinds/contract.ts'

export function lowerSweep(): Lowered {
  return { outputs: {}, diagnostics: [] }
}
