import type { Editor } from './editor.ts'
import type { Point } from './surface.ts'

/** Files that were dropped, pasted or chosen. @param at where on the canvas, null for its middle */
export async function openFiles(editor: Editor, files: readonly File[], at: Point | null): Promise<void> {
  const { importFiles, readFiles } = await import('./importing.ts')
  await importFiles(editor, await readFiles(files), at)
}
