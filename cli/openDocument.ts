/** Reads a document, or another trainer's config as one, from a file and, if asked, gives all its seeds one value. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { createDefaultRegistry } from '#nodes/index.ts'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { hasErrors } from '#src/base/diagnostic.ts'
import { parseDoc } from '#src/graph/codec.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { importConfig, looksLikeConfig } from '#src/importers/index.ts'

export type OpenedDocument =
  | { readonly ok: true; readonly doc: GraphDoc; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly ok: false
      /** The file could not be read at all, or what it holds is no sound document. */
      readonly reason: 'unreadable' | 'document'
      readonly problem: string
      readonly diagnostics: readonly Diagnostic[]
    }

export async function openDocument(path: string, seed: number | null): Promise<OpenedDocument> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    return { ok: false, reason: 'unreadable', problem: `${path} cannot be read: ${reason}.`, diagnostics: [] }
  }
  const { doc, diagnostics } = looksLikeConfig(path, text)
    ? importConfig(createDefaultRegistry(), text, basename(path).replace(/\.[a-z]+$/i, ''))
    : parseDoc(text)
  if (!doc) return { ok: false, reason: 'document', problem: diagnostics[0]!.message, diagnostics }
  if (hasErrors(diagnostics)) {
    const first = diagnostics.find((diagnostic) => hasErrors([diagnostic]))!
    return { ok: false, reason: 'document', problem: first.message, diagnostics }
  }
  return { ok: true, doc: seed === null ? doc : withSeed(doc, seed), diagnostics }
}

/** Every param called `seed`; how rows are split (`splitSeed`) stays, so that runs of several seeds are comparable. */
function withSeed(doc: GraphDoc, seed: number): GraphDoc {
  const nodes = Object.entries(doc.nodes).map(([id, node]) => {
    const params = 'seed' in node.params ? { ...node.params, seed } : node.params
    return [id, { ...node, params }] as const
  })
  return { ...doc, nodes: Object.fromEntries(nodes) }
}
