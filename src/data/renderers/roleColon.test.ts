import { expect, test } from 'vitest'
import { llamaTokenizer, qwenTokenizer } from '../../tokenizers/testing/smallTokenizers.ts'
import { rendererOf } from '../testing/renderers.ts'

test('writes roles as words and ends a supervised example with the next turn of the user', () => {
  const tokenizer = qwenTokenizer()
  const renderer = rendererOf('role_colon', tokenizer)
  const conversation = [
    { role: 'system', content: 'Be kind' },
    { role: 'user', content: 'hello' },
  ] as const
  const prompt = renderer.buildGenerationPrompt(conversation)
  expect(prompt.ok && tokenizer.decode(prompt.value)).toBe('System: Be kind\n\nUser: hello\n\nAssistant:')
  const trained = renderer.buildSupervisedExample(
    [...conversation, { role: 'assistant', content: 'hi' }],
    'last_assistant_message',
  )
  if (!trained.ok) throw new Error(trained.error.message)
  const { tokens, weights } = trained.value
  expect(tokenizer.decode(tokens)).toBe('System: Be kind\n\nUser: hello\n\nAssistant: hi\n\nUser:')
  expect(tokenizer.decode(tokens.filter((_, i) => weights[i] === 1))).toBe(' hi\n\nUser:')
})

test('begins with the BOS token when the tokenizer has one, and never trains it', () => {
  const tokenizer = llamaTokenizer()
  const renderer = rendererOf('role_colon', tokenizer)
  const built = renderer.buildSupervisedExample([{ role: 'assistant', content: 'x' }], 'all_tokens')
  expect(built.ok && [built.value.tokens[0], built.value.weights[0], built.value.weights[1]]).toEqual([
    tokenizer.bosId,
    0,
    1,
  ])
})

test('tells an answer that ended from one that went on', () => {
  const tokenizer = qwenTokenizer()
  const renderer = rendererOf('role_colon', tokenizer)
  const parse = (text: string): unknown => renderer.parseResponse(tokenizer.encode(text))
  expect(parse(' yes\n\nUser:')).toEqual({ content: 'yes', reasoning: '', clean: true })
  expect(parse(' yes\n\nUser: and?\n\nUser:')).toEqual({ content: 'yes', reasoning: '', clean: false })
  expect(parse(' yes')).toEqual({ content: 'yes', reasoning: '', clean: false })
  expect(renderer.parseResponse([...tokenizer.encode(' yes'), tokenizer.eosId!])).toMatchObject({ clean: true })
})
