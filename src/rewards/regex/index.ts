/** Regular expressions that always come back: native syntax, a fixed budget of steps. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { matchRegex } from './match.ts'
import type { MatchOutcome } from './match.ts'
import { parseRegex } from './parse.ts'
import { compileProgram } from './program.ts'

export type SafeRegex = { readonly groupCount: number; match(text: string): MatchOutcome }

/** The error is a sentence without a full stop, e.g. "Unterminated group". */
export function compileRegex(pattern: string, flags: string): Result<SafeRegex, string> {
  try {
    const program = compileProgram(parseRegex(pattern, flags))
    return ok({ groupCount: program.groupCount, match: (text) => matchRegex(program, text) })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return err(message.replace(/^Invalid regular expression: .*: /s, '').replace(/\.$/, ''))
  }
}
