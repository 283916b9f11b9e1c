// The shipped lesson rows: every answer follows the rule, and no word of the held-out rows is seen in training.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Row {
  prompt: string
  answer: string
}

const sft = rows('sft')
const prompts = rows('prompts')
const heldout = rows('heldout')

describe('Pig Latin rows', () => {
  it('are as many as the lesson needs, each prompt once', () => {
    expect(sft.length).toBeGreaterThanOrEqual(300)
    expect(prompts.length).toBeGreaterThanOrEqual(400)
    expect(heldout.length).toBeGreaterThanOrEqual(240)
    for (const set of [sft, prompts, heldout]) {
      expect(new Set(set.map((row) => row.prompt)).size).toBe(set.length)
    }
  })

  it('answer by the rule', () => {
    for (const row of [...sft, ...prompts, ...heldout]) expect(row.answer).toBe(pigLatin(row.prompt))
  })

  it('share no word between the three files, and all come from the word list', () => {
    const [a, b, c] = [words(sft), words(prompts), words(heldout)]
    expect(shared(a, b)).toEqual([])
    expect(shared(a, c)).toEqual([])
    expect(shared(b, c)).toEqual([])
    const english = new Set(read('./words/english.txt').split('\n'))
    expect([...a, ...b, ...c].filter((word) => !english.has(word))).toEqual([])
  })
})

function pigLatin(phrase: string): string {
  return phrase
    .split(' ')
    .map((word) => (/^[aeiou]/.test(word) ? `${word}-way` : `${word.slice(1)}-${word.charAt(0)}ay`))
    .join(' ')
}

function words(set: readonly Row[]): Set<string> {
  return new Set(set.flatMap((row) => row.prompt.split(' ')))
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...a].filter((word) => b.has(word))
}

function rows(name: string): Row[] {
  return read(`../nodes/dataset/sets/pig-latin-${name}.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const row = JSON.parse(line) as Partial<Row> & { messages?: { content: string }[] }
      return {
        prompt: row.prompt ?? row.messages?.[0]?.content ?? '',
        answer: row.answer ?? row.messages?.[1]?.content ?? '',
      }
    })
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
