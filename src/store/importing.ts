/** Files and text that come in by dialog, drop or paste: graphs and configs of other trainers open, rows become a dataset node, anything else says why not. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { addAsset } from '../graph/ops.ts'
import { datasetFile } from './datasetFile.ts'
import { snapped } from './cardGeometry.ts'
import { freePlace, insertNode } from './commands/nodes.ts'
import type { Editor } from './editor.ts'
import type { Point } from './surface.ts'

export type IncomingFile = { readonly name: string; readonly text: string }

export function readFiles(files: readonly File[]): Promise<readonly IncomingFile[]> {
  return Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })))
}

/** Opens graphs as documents of their own and puts the others onto the canvas, one below the other. */
export async function importFiles(editor: Editor, files: readonly IncomingFile[], at: Point | null): Promise<void> {
  let place = at
  for (const file of files) {
    if (looksLikeGraph(file)) await openGraph(editor, file)
    else if (mayBeConfig(file) && (await openConfig(editor, file))) continue
    else {
      importText(editor, file.name, file.text, null, place)
      place = place && { x: place.x, y: snapped(place.y + 176) }
    }
  }
}

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

async function openGraph(editor: Editor, file: IncomingFile): Promise<void> {
  const read = editor.documents.read(file.text)
  if (!read.doc) {
    const cause = read.diagnostics[0]
    report(editor, cause ? { ...cause, message: `${file.name} could not be opened. ${cause.message}` } : null)
    return
  }
  await editor.documents.adopt(read.doc, read.diagnostics)
  editor.announce.say(`Opened ${read.doc.title}`)
}

/** YAML is nothing else; JSON may be rows as well, which only its contents can tell. */
function mayBeConfig({ name }: IncomingFile): boolean {
  return /\.(ya?ml|json)$/i.test(name)
}

/** Opens a config of another trainer as a graph of its own; false when it is none. The readers load when first needed. */
async function openConfig(editor: Editor, file: IncomingFile): Promise<boolean> {
  const { importConfig, looksLikeConfig } = await import('../importers/index.ts')
  if (!looksLikeConfig(file.name, file.text)) return false
  const title = file.name.replace(/\.[a-z]+$/i, '')
  const { doc, format, diagnostics } = importConfig(editor.registry, file.text, title)
  if (!doc) {
    report(editor, diagnostics[0] ?? null)
    return true
  }
  await editor.documents.adopt(doc, diagnostics)
  // What came over otherwise or not at all is the first thing to read.
  if (diagnostics.some(({ severity }) => severity !== 'info')) {
    editor.prefs.dockTab = 'problems'
    editor.prefs.dockOpen = true
  }
  editor.announce.say(`Opened ${title}, a config of ${format}`)
  return true
}

/** A file that calls itself a graph is opened as one, however broken it is: the codec says what is wrong with it. */
function looksLikeGraph({ name, text }: IncomingFile): boolean {
  if (/\.tunegraph\.json$/i.test(name)) return true
  return /\.json$/i.test(name) && /"(format)"\s*:\s*"tunegraph"/.test(text)
}

/** Pasted prose is not a dataset: rows are JSON, or lines with separators. */
function hasRows(text: string): boolean {
  const start = text.trimStart()
  if (start.startsWith('{') || start.startsWith('[')) return true
  const lines = text.trim().split('\n')
  return lines.length > 1 && lines[0]!.includes(',')
}

function report(editor: Editor, problem: Diagnostic | null): void {
  if (!problem) return
  editor.surface.state.notice = { diagnostic: problem, count: (editor.surface.state.notice?.count ?? 0) + 1 }
  editor.announce.alert(problem.message)
}
