/** Small tokenizers of real shapes, and text that breaks tokenizers. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { loadTokenizer } from '../loadTokenizer.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { tokenizerFiles } from './tokenizerFiles.ts'

const MERGES = [
  ['Ċ', 'Ċ'],
  ['h', 'e'],
  ['l', 'l'],
  ['Ġ', 'a'],
  ['s', 'e'],
  ['se', 'r'],
] as const

export function tinyTokenizer(): Tokenizer {
  const file = (name: string): string =>
    readFileSync(new URL(`../../../models/tunegraph-tiny-1m/${name}`, import.meta.url), 'utf8')
  return loaded({ tokenizer: file('tokenizer.json'), config: file('tokenizer_config.json') })
}

export function qwenTokenizer(): Tokenizer {
  const special = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
  return loaded(tokenizerFiles({ special, added: ['<think>', '</think>'], merges: MERGES, eos: '<|im_end|>' }))
}

export function llamaTokenizer(): Tokenizer {
  const special = ['<|begin_of_text|>', '<|end_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>']
  return loaded(tokenizerFiles({ special, merges: MERGES, bos: '<|begin_of_text|>', eos: '<|end_of_text|>' }))
}

function loaded(files: { tokenizer: string; config: string }): Tokenizer {
  const tokenizer = loadTokenizer(files)
  if (!tokenizer.ok) throw new Error(tokenizer.error.message)
  return tokenizer.value
}

/** Text with what breaks tokenizers: several scripts, newlines, spaces, spelled-out control tokens. */
export const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        '<|end|>',
        '<|im_end|>',
        '<|eot_id|>',
        '\n',
        '\n\n',
        ' ',
        '\r\n',
        'é',
        'e\u0301',
        '\uFEFF',
        'User:',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))
