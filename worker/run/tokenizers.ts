/** Tokenizer files of models: from the backend that serves the model where it has them, else from the Hugging Face hub. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err } from '#src/base/result.ts'
import type { IdbBlobStore } from '#src/persist/blobs.ts'
import { fileStoreOver } from '#src/tokenizers/fileStore.ts'
import { HUGGING_FACE } from '#src/tokenizers/hubFile.ts'
import type { TokenizerFiles } from '#src/tokenizers/loadTokenizer.ts'
import { fetchTokenizerFiles } from '#src/tokenizers/tokenizerFiles.ts'
import { tokenizerRef } from '#src/tokenizers/tokenizerRepository.ts'
import { diagnose } from '../codes.ts'

export type { TokenizerFiles }

export type TokenizerSource = {
  /** A folder of model repositories in the hub's layout, e.g. `https://huggingface.co`. */
  readonly url: string
  /** What people call it, where `url` is that of a relay. */
  readonly name?: string
  readonly fetch: (request: Request) => Promise<Response>
  /** Files of the embedded model change with the app; those of the hub are kept. */
  readonly keep: boolean
}

export function hub(fetch: TokenizerSource['fetch']): TokenizerSource {
  return { url: HUGGING_FACE, fetch, keep: true }
}

/** Asks one source after the other. `kept` remembers files between visits: they are large and never change. */
export async function findTokenizer(
  model: string,
  sources: readonly TokenizerSource[],
  kept: IdbBlobStore,
): Promise<Result<TokenizerFiles, Diagnostic>> {
  const reasons: string[] = []
  for (const source of sources) {
    const { url, name, fetch, keep } = source
    const ref = keep ? tokenizerRef(model) : { ...tokenizerRef(model), id: model, revision: 'main' }
    const files = await fetchTokenizerFiles(ref, {
      endpoint: url,
      fetch,
      // What is kept is not asked about again: a tokenizer that changes would no longer be that of the model.
      check: false,
      ...(name === undefined ? {} : { name }),
      ...(keep ? { store: fileStoreOver(kept) } : {}),
    })
    if (files.ok) return files
    reasons.push(files.error.message)
  }
  const message = `The tokenizer of ${model} could not be loaded: ${reasons.join(' ')}`
  return err(diagnose('WK0002', { on: 'document' }, message, { data: { model } }))
}
