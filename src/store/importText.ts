/** Text that holds rows, as a dataset node. Whole files are read by `importing.ts`, which is loaded when the first one comes. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { addAsset } from '../graph/ops.ts'
import { datasetFile } from './datasetFile.ts'
import { freePlace, insertNode } from './commands/nodes.ts'
import type { Editor } from './editor.ts'
import type { Point } from './surface.ts'

/**
 * Rows as a dataset node. `otherwise` is what to say when the text is no dataset either: pasted text has no name that
 * would tell what it was meant to be.
 */
export function importText(
  editor: Editor,
  name: string,
  text: string,
  otherwise: Diagnostic | null,
  at: Point | null = null,
): void {
  const file = datasetFile(name, text)
  const refused = !file.ok || (otherwise !== null && !hasRows(text))
  if (refused) {
    report(editor, otherwise ?? (file.ok ? null : file.error))
    return
  }
  const { asset, format } = file.value
  const middle = editor.viewport.pointer() ?? editor.viewport.middle()
  const source = { type: 'asset', asset: asset.id, name: asset.name, format }
  insertNode(editor, 'dataset', {
    at: freePlace(editor, at ?? middle),
    params: { source },
    title: asset.name.replace(/\.[a-z]+$/i, ''),
    also: (draft) => addAsset(draft, asset),
  })
}

/** Pasted prose is not a dataset: rows are JSON, or lines with separators. */
function hasRows(text: string): boolean {
  const start = text.trimStart()
  if (start.startsWith('{') || start.startsWith('[')) return true
  const lines = text.trim().split('\n')
  return lines.length > 1 && lines[0]!.includes(',')
}

/** Shows what failed and has no place on the canvas. */
export function report(editor: Editor, problem: Diagnostic | null): void {
  if (!problem) return
  editor.surface.state.notice = { diagnostic: problem, count: (editor.surface.state.notice?.count ?? 0) + 1 }
  editor.announce.alert(problem.message)
}
