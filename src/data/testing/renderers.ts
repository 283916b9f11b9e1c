/** Renderers over small tokenizers, and conversations to try them on. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { Message } from '../example.ts'
import { loadTokenizer } from '../loadTokenizer.ts'
import { createRenderer } from '../renderers/registry.ts'
import type { Renderer } from '../renderers/renderer.ts'
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

export function rendererOf(name: string, tokenizer: Tokenizer): Renderer {
  const renderer = createRenderer(name, tokenizer)
  if (!renderer.ok) throw new Error(renderer.error.message)
  return renderer.value
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

/** A system message now and then, and turns that alternate; ends with the user. */
export const prompt: fc.Arbitrary<Message[]> = fc
  .tuple(fc.option(text), fc.array(fc.tuple(text, text), { maxLength: 2 }), text)
  .map(([system, turns, last]) => [
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    ...turns.flatMap(([user, assistant]) => [
      { role: 'user' as const, content: user },
      { role: 'assistant' as const, content: assistant },
    ]),
    { role: 'user' as const, content: last },
  ])
