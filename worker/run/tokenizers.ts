/** Tokenizer files of models: from the backend that serves the model where it has them, else from the Hugging Face hub. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import { tokenizerRepository } from '#src/tokenizers/tokenizerRepository.ts'
import type { IdbBlobStore } from '#src/persist/blobs.ts'
import { diagnose } from '../codes.ts'

export type TokenizerFiles = { readonly tokenizer: string; readonly config: string }

export type TokenizerSource = {
  /** A folder of model repositories in the hub's layout, e.g. `https://huggingface.co`. */
  readonly url: string
  /** What people call it, where `url` is that of a relay. */
  readonly name?: string
  readonly fetch: (request: Request) => Promise<Response>
  /** Files of the embedded model change with the app; those of the hub are kept. */
  readonly keep: boolean
}

const HUB = 'https://huggingface.co'

export function hub(fetch: TokenizerSource['fetch']): TokenizerSource {
  return { url: HUB, fetch, keep: true }
}

/** Asks one source after the other. `kept` remembers files between visits: they are large and never change. */
export async function findTokenizer(
  model: string,
  sources: readonly TokenizerSource[],
  kept: IdbBlobStore,
): Promise<Result<TokenizerFiles, Diagnostic>> {
  const reasons: string[] = []
  for (const source of sources) {
    const repository = source.keep ? tokenizerRepository(model) : model
    const files = await filesOf(repository, source, kept)
    if (files.ok) return files
    reasons.push(files.error)
  }
  const message = `The tokenizer of ${model} could not be loaded: ${reasons.join('; ')}.`
  return err(diagnose('WK0002', { on: 'document' }, message, { data: { model } }))
}

async function filesOf(
  repository: string,
  source: TokenizerSource,
  kept: IdbBlobStore,
): Promise<Result<TokenizerFiles, string>> {
  const [tokenizer, config] = await Promise.all([
    textOf(`${repository}/resolve/main/tokenizer.json`, source, kept),
    textOf(`${repository}/resolve/main/tokenizer_config.json`, source, kept),
  ])
  if (!tokenizer.ok) return tokenizer
  if (!config.ok) return config
  return ok({ tokenizer: tokenizer.value, config: config.value })
}

async function textOf(path: string, source: TokenizerSource, kept: IdbBlobStore): Promise<Result<string, string>> {
  // Storage is only a help here: without it the file is fetched again.
  const stored = source.keep ? await kept.get(path).catch(() => null) : null
  if (stored) return ok(new TextDecoder().decode(stored))
  const url = `${source.url}/${path}`
  const said = `${source.name ?? source.url}/${path}`
  try {
    const response = await source.fetch(new Request(url))
    if (!response.ok) return err(`${said} answers ${response.status}`)
    const text = await response.text()
    if (source.keep) await kept.put(path, new TextEncoder().encode(text)).catch(() => undefined)
    return ok(text)
  } catch (error) {
    return err(`${said} cannot be reached (${error instanceof Error ? error.message : String(error)})`)
  }
}
