/** Renderers over small tokenizers, and conversations to try them on. */
import fc from 'fast-check'
import type { Message } from '../example.ts'
import { createRenderer } from '../renderers/registry.ts'
import type { Renderer } from '../renderers/renderer.ts'
import { text } from '../../tokenizers/testing/smallTokenizers.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'

export function rendererOf(name: string, tokenizer: Tokenizer): Renderer {
  const renderer = createRenderer(name, tokenizer)
  if (!renderer.ok) throw new Error(renderer.error.message)
  return renderer.value
}

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
