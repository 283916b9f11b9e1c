/** All problems of one kind mended at once, as one step that undo takes back. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { plural } from './commands/wording.ts'
import type { Editor } from './editor.ts'

/** Problems like this one that have a fix: the same code, and where it is about a field, the same field of other nodes. */
export function fixesOfKind(diagnostics: readonly Diagnostic[], like: Diagnostic): readonly Diagnostic[] {
  const byFix = new Map<string, Diagnostic>()
  for (const diagnostic of diagnostics) {
    const { fix } = diagnostic
    if (kindOf(diagnostic) !== kindOf(like) || !fix) continue
    const key = JSON.stringify([fix.command, fix.args])
    if (!byFix.has(key)) byFix.set(key, diagnostic)
  }
  return [...byFix.values()]
}

/** One code may stand for any field whose value does not fit. */
export function kindOf({ code, at }: Diagnostic): string {
  return at.on === 'field' ? `${code} ${at.field}` : code
}

/** Returns how many could be mended; what is refused stays in the list with its own button. */
export function fixAll(
  { doc, commands, announce }: Pick<Editor, 'doc' | 'commands' | 'announce'>,
  problems: readonly Diagnostic[],
): number {
  const fixes = problems.flatMap((problem) => problem.fix ?? [])
  let mended = 0
  doc.together(`Fix ${plural(fixes.length, 'problem')}`, () => {
    for (const { command, args } of fixes) if (commands.run(command, args).ran) mended++
  })
  announce.say(`${plural(mended, 'problem')} fixed`)
  return mended
}
