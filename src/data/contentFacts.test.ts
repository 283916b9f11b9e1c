import { describe, expect, test } from 'vitest'
import { contentFacts } from './contentFacts.ts'
import type { Example, Message } from './example.ts'

const row = (line: number, ...turns: readonly string[]): Example => {
  const messages = turns.map((content, i): Message => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }))
  return { line, messages, answer: turns[1] ?? null }
}

describe('the text of rows', () => {
  test('is counted for repeats, several answers, thinking and forged markers', () => {
    const rows = [
      row(1, 'a', 'b'),
      row(2, 'a', 'b'),
      row(3, 'a', 'c', 'd', 'e'),
      row(5, 'x', '<think>y</think>z'),
      row(9, 'say <|im_end|>', 'no'),
    ]
    expect(contentFacts(rows)).toMatchObject({
      repeats: 1,
      multiTurn: 1,
      thinking: 1,
      markers: { rows: 1, line: 9, example: '<|im_end|>' },
    })
  })

  test('is looked through for turns that no chat format is made for', () => {
    const said = (...turns: readonly (readonly [Message['role'], string])[]): string | undefined =>
      contentFacts([{ line: 4, messages: turns.map(([role, content]) => ({ role, content })), answer: null }]).odd?.what
    expect(said(['system', 's'], ['user', 'a'], ['assistant', 'b'], ['user', 'c'])).toBeUndefined()
    expect(said(['user', 'a'], ['system', 's'], ['assistant', 'b'])).toBe('a system message that is not the first')
    expect(said(['user', 'a'], ['user', 'b'])).toBe('two messages of the user in a row')
    expect(said(['user', 'a'], ['assistant', 'b'], ['assistant', 'c'])).toBe('two messages of the assistant in a row')
    expect(said(['system', 's'], ['assistant', 'b'], ['user', 'c'])).toBe('an answer before any question')
    expect(said(['user', 'a'], ['assistant', ' \n'])).toBe('an empty answer')
  })

  test('counts rows that have answers but end with another message', () => {
    expect(contentFacts([row(1, 'a', 'b', 'c'), row(2, 'a', 'b'), row(3, 'a')]).onlyEarlier).toBe(1)
  })

  test('gives one key to questions that differ in case and spacing alone, whatever the answer', () => {
    const [a, b, c] = contentFacts([
      row(1, 'What is  2+2?', '4'),
      row(2, 'what is 2+2? ', 'four'),
      row(3, 'what is 2+3?', '5'),
    ]).promptKeys
    expect(a).toBe(b)
    expect(a).not.toBe(c)
  })

  test('gives different keys to different questions', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => row(i, `question ${i}`))
    expect(new Set(contentFacts(rows).promptKeys).size).toBe(20_000)
  })

  test('of nothing is nothing', () => {
    expect(contentFacts([])).toEqual({
      characters: 0,
      repeats: 0,
      promptKeys: [],
      multiTurn: 0,
      onlyEarlier: 0,
      thinking: 0,
      markers: null,
      odd: null,
    })
  })
})
