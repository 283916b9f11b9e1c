import { expect, test } from 'vitest'
import { llamaTokenizer } from '../../tokenizers/testing/smallTokenizers.ts'
import { rendererOf } from '../testing/renderers.ts'

const tokenizer = llamaTokenizer()
const renderer = rendererOf('llama3', tokenizer)

test('writes headers with markers and ends every message with eot', () => {
  const built = renderer.buildGenerationPrompt([
    { role: 'system', content: 'Be brief' },
    { role: 'user', content: 'hello' },
  ])
  const header = (role: string): string => `<|start_header_id|>${role}<|end_header_id|>\n\n`
  expect(built.ok && tokenizer.decode(built.value)).toBe(
    `<|begin_of_text|>${header('system')}Be brief<|eot_id|>${header('user')}hello<|eot_id|>${header('assistant')}`,
  )
  expect(renderer.stop).toEqual([tokenizer.markerId('<|eot_id|>')])
})

test('ends a clean answer by eot or by the end of text', () => {
  const hello = tokenizer.encode('hello')
  for (const end of ['<|eot_id|>', '<|end_of_text|>'])
    expect(renderer.parseResponse([...hello, tokenizer.markerId(end)!])).toMatchObject({
      content: 'hello',
      clean: true,
    })
})
