/** A reroute is taken out before lowering; one that stays has nothing wired to it. */
import type { Lowered } from '#src/kinds/contract.ts'

export function lowerReroute(): Lowered {
  return { outputs: {}, diagnostics: [] }
}
