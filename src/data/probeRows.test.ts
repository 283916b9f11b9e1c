import { expect, test } from 'vitest'
import type { Example } from './example.ts'
import { answeredRows } from './probeRows.ts'

const user = { role: 'user', content: '1 + 1?' } as const

test('rows tell what is read before the answer, and whether they have a system message of their own', () => {
  const examples: readonly Example[] = [
    {
      line: 1,
      messages: [{ role: 'system', content: 'Be brief.' }, user, { role: 'assistant', content: 'It is 2' }],
      answer: '2',
    },
    { line: 2, messages: [user], answer: '2' },
    { line: 3, messages: [user], answer: null },
  ]
  expect(answeredRows(examples)).toEqual([
    { prompt: '1 + 1?', completion: 'It is 2', answer: '2', context: 'Be brief.\n1 + 1?', system: true },
    { prompt: '1 + 1?', completion: '2', answer: '2', context: '1 + 1?', system: false },
  ])
})
