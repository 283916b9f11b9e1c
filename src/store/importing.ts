/** Files and text that come in by dialog, drop or paste: graphs and configs of other trainers open, rows become a dataset node, anything else says why not. */
import { snapped } from './cardGeometry.ts'
import type { Editor } from './editor.ts'
import { importText, report } from './importText.ts'
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
