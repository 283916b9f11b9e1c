import { expect, test } from 'vitest'
import type { Message } from '../example.ts'
import { qwenTokenizer } from '../../tokenizers/testing/smallTokenizers.ts'
import { rendererOf } from '../testing/renderers.ts'

const tokenizer = qwenTokenizer()
const thinking = rendererOf('qwen3', tokenizer)
const direct = rendererOf('qwen3_disable_thinking', tokenizer)
const turns: Message[] = [
  { role: 'system', content: 'Short.' },
  { role: 'user', content: 'one' },
  { role: 'assistant', content: '<think>\nhm\n</think>\n\nuno' },
  { role: 'user', content: 'two' },
]

function written(built: ReturnType<typeof thinking.buildGenerationPrompt>): string {
  if (!built.ok) throw new Error(built.error.message)
  return tokenizer.decode(built.value)
}

test('prompts with ChatML, dropping the reasoning of earlier turns', () => {
  const history =
    '<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\nuno<|im_end|>\n<|im_start|>user\ntwo<|im_end|>'
  expect(written(thinking.buildGenerationPrompt(turns))).toBe(`${history}\n<|im_start|>assistant\n`)
  expect(written(direct.buildGenerationPrompt(turns))).toBe(
    `${history}\n<|im_start|>assistant\n<think>\n\n</think>\n\n`,
  )
})

test('trains the reasoning block of the produced turn, and an empty one only when thinking is on', () => {
  const trained = (renderer: typeof thinking, content: string): string => {
    const built = renderer.buildSupervisedExample([...turns, { role: 'assistant', content }], 'last_assistant_message')
    if (!built.ok) throw new Error(built.error.message)
    return tokenizer.decode(built.value.tokens.filter((_, i) => built.value.weights[i] === 1))
  }
  expect(trained(thinking, '<think>\n\na\nb\n</think>\ndos')).toBe('<think>\na\nb\n</think>\n\ndos<|im_end|>')
  expect(trained(thinking, 'dos')).toBe('<think>\n\n</think>\n\ndos<|im_end|>')
  expect(trained(direct, 'dos')).toBe('dos<|im_end|>')
})

test('the direct variant refuses reasoning and conversations without a user with DA8023', () => {
  const reasoned = direct.buildSupervisedExample(
    [...turns, { role: 'assistant', content: '<think>\nx\n</think>\n\ny' }],
    'last_assistant_message',
  )
  const alone = direct.buildGenerationPrompt([{ role: 'system', content: 'x' }])
  expect([reasoned, alone].map((built) => (built.ok ? null : built.error.code))).toEqual(['DA8023', 'DA8023'])
})

test('gives <think> its own token in content but never <|im_end|>', () => {
  const think = tokenizer.markerId('<think>')!
  const end = tokenizer.markerId('<|im_end|>')!
  const ids = tokenizer.encode('<think>a<|im_end|>')
  expect(ids[0]).toBe(think)
  expect(ids).not.toContain(end)
  expect(tokenizer.decode(ids)).toBe('<think>a<|im_end|>')
})

test('parses reasoning apart from the answer', () => {
  const response = [...tokenizer.encode('<think>\nlong\n</think>\n\nok'), tokenizer.markerId('<|im_end|>')!]
  expect(thinking.parseResponse(response)).toEqual({ content: 'ok', reasoning: 'long', clean: true })
})
