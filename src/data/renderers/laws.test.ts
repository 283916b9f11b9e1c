import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TrainOnWhat } from '../../ir/pipelineConfig.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { llamaTokenizer, qwenTokenizer, text, tinyTokenizer } from '../../tokenizers/testing/smallTokenizers.ts'
import { prompt, rendererOf } from '../testing/renderers.ts'
import { RENDERERS } from './registry.ts'

const TOKENIZERS: Readonly<Record<string, () => Tokenizer>> = {
  tunegraph: tinyTokenizer,
  role_colon: qwenTokenizer,
  qwen3: qwenTokenizer,
  qwen3_disable_thinking: qwenTokenizer,
  llama3: llamaTokenizer,
}

/** Answers that the format can carry without loss: trimmed where it trims, without its own stop as text. */
const answer = text.map((t) => t.replaceAll('User:', '').trim())

test('every registered renderer is held to the laws', () => {
  expect(Object.keys(TOKENIZERS)).toEqual([...RENDERERS.keys()])
})

describe.each(Object.entries(TOKENIZERS))('%s', (name, tokenizer) => {
  const renderer = rendererOf(name, tokenizer())

  test('begins a supervised example with the generation prompt, which is never trained', () => {
    fc.assert(
      fc.property(prompt, answer, (messages, content) => {
        const sampled = renderer.buildGenerationPrompt(messages)
        const trained = renderer.buildSupervisedExample(
          [...messages, { role: 'assistant', content }],
          'last_assistant_message',
        )
        if (!sampled.ok || !trained.ok) throw new Error('refused a plain conversation')
        const { tokens, weights } = trained.value
        expect(tokens.slice(0, sampled.value.length)).toEqual(sampled.value)
        expect(weights.slice(0, sampled.value.length)).not.toContain(1)
        const rest = weights.slice(sampled.value.length)
        if (name !== 'qwen3') expect(rest).not.toContain(0)
        expect(weights).toHaveLength(tokens.length)
      }),
    )
  })

  test('parses what it rendered back to the answer', () => {
    fc.assert(
      fc.property(prompt, answer, (messages, content) => {
        const sampled = renderer.buildGenerationPrompt(messages)
        const trained = renderer.buildSupervisedExample(
          [...messages, { role: 'assistant', content }],
          'last_assistant_message',
        )
        if (!sampled.ok || !trained.ok) throw new Error('refused a plain conversation')
        const response = trained.value.tokens.slice(sampled.value.length)
        expect(renderer.parseResponse(response)).toEqual({ content, reasoning: '', clean: true })
        expect(renderer.parseResponse(response.slice(0, -1)).clean).toBe(false)
      }),
    )
  })

  test('trains more the wider the choice', () => {
    fc.assert(
      fc.property(prompt, answer, (messages, content) => {
        const count = (trainOn: TrainOnWhat): number => {
          const built = renderer.buildSupervisedExample([...messages, { role: 'assistant', content }], trainOn)
          return built.ok ? built.value.weights.filter((w) => w === 1).length : -1
        }
        const last = count('last_assistant_message')
        const all = count('all_assistant_messages')
        const whole = count('all_tokens')
        expect(last).toBeGreaterThan(0)
        expect(all).toBeGreaterThanOrEqual(last)
        expect(whole).toBeGreaterThan(all)
      }),
    )
  })

  test('refuses an empty conversation with DA8023', () => {
    const built = renderer.buildGenerationPrompt([])
    expect(built.ok ? null : built.error.code).toBe('DA8023')
  })
})

test('a tokenizer without the control tokens is refused with DA8022, an unknown renderer with DA8021', async () => {
  const { createRenderer } = await import('./registry.ts')
  const wrong = createRenderer('qwen3', tinyTokenizer())
  expect(wrong.ok ? null : wrong.error).toMatchObject({
    code: 'DA8022',
    message: expect.stringContaining('<|im_start|>, <|im_end|>'),
  })
  const unknown = createRenderer('qwen9', tinyTokenizer())
  expect(unknown.ok ? null : unknown.error.code).toBe('DA8021')
})
