/** A parameter reaches the plan through the fields that are bound to it. */
import type { Lowered } from '#src/kinds/contract.ts'

export function lowerParameter(): Lowered {
  return { outputs: {}, diagnostics: [] }
}
