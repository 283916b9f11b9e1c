/** The two files of a tokenizer: from a hub, from addresses, or dropped by a person. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { diagnose } from './codes.ts'
import { hubFile } from './hubFile.ts'
import type { Hub } from './hubFile.ts'
import type { TokenizerFiles } from './loadTokenizer.ts'
import type { TiktokenPattern } from './tiktokenPatterns.ts'
import type { TokenizerRef } from './tokenizerRepository.ts'

const CONFIG = 'tokenizer_config.json'
const NAME_OF = { 'tokenizer.json': 'tokenizer.json', tiktoken: 'tiktoken.model' } as const

/** A repository that has only the other format is read in that one. */
export async function fetchTokenizerFiles(ref: TokenizerRef, hub: Hub): Promise<Result<TokenizerFiles, Diagnostic>> {
  const other = ref.format === 'tiktoken' ? 'tokenizer.json' : 'tiktoken'
  const found = await inFormat(ref, ref.format, hub)
  if (found.ok || found.error.code !== 'TZ1002') return found
  const instead = await inFormat(ref, other, hub)
  return instead.ok ? instead : found
}

async function inFormat(
  ref: TokenizerRef,
  format: TokenizerRef['format'],
  hub: Hub,
): Promise<Result<TokenizerFiles, Diagnostic>> {
  const [vocabulary, config] = await Promise.all([hubFile(ref, NAME_OF[format], hub), hubFile(ref, CONFIG, hub)])
  if (!vocabulary.ok) return vocabulary
  // Without the config the ends of texts are unknown; for ranks the special tokens are missing, too.
  if (!config.ok) return config
  return ok(together(format, text(vocabulary.value), text(config.value)))
}

export type NamedFile = { readonly name: string; readonly bytes: Uint8Array }

/**
 * Files as they were dropped or picked, in any order, others among them.
 * @param pattern of a tiktoken file; `kimi` unless said
 */
export function droppedTokenizerFiles(
  files: readonly NamedFile[],
  pattern?: TiktokenPattern,
): Result<TokenizerFiles, Diagnostic> {
  const named = (...names: readonly string[]): string | null => {
    const file = files.find(({ name }) => names.includes(name.split('/').at(-1)!))
    return file ? text(file.bytes) : null
  }
  const config = named(CONFIG)
  const jinja = named('chat_template.jinja')
  const template = jinja === null ? {} : { template: jinja }
  const json = named('tokenizer.json')
  if (json !== null) return ok({ ...together('tokenizer.json', json, config ?? '{}'), ...template })
  const ranks =
    named('tiktoken.model') ?? text(files.find(({ name }) => name.endsWith('.tiktoken'))?.bytes ?? new Uint8Array())
  if (ranks === '') {
    return missing(
      `There is no tokenizer among ${files.map(({ name }) => name).join(', ') || 'no files'}: drop tokenizer.json, or tiktoken.model.`,
    )
  }
  if (config === null)
    return missing(`tiktoken.model says nothing of special tokens: drop ${CONFIG} of the same model with it.`)
  return ok({ ...together('tiktoken', ranks, config), ...template, ...(pattern === undefined ? {} : { pattern }) })
}

function together(format: TokenizerRef['format'], vocabulary: string, config: string): TokenizerFiles {
  return format === 'tiktoken' ? { ranks: vocabulary, config } : { tokenizer: vocabulary, config }
}

function missing(message: string): Result<never, Diagnostic> {
  return err(diagnose('TZ1007', { on: 'document' }, message))
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
