/** All problems of one kind mended at once, as one step that undo takes back. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { plural } from './commands/wording.ts'
import type { Editor } from './editor.ts'

/** Problems with this code that have a fix, where they are not all one and the same. */
export function fixesOfKind(diagnostics: readonly Diagnostic[], code: string): readonly Diagnostic[] {
  const byFix = new Map<string, Diagnostic>()
  for (const diagnostic of diagnostics) {
    const { fix } = diagnostic
    if (diagnostic.code !== code || !fix) continue
    const key = JSON.stringify([fix.command, fix.args])
    if (!byFix.has(key)) byFix.set(key, diagnostic)
  }
  return [...byFix.values()]
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
