import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256Hex } from '../base/sha256.ts'
import { freshKeySum, planHash } from './planHash.ts'

const [a, b, c] = ['a', 'b', 'c'].map(sha256Hex) as [string, string, string]

test('the keys make it, whatever they are filed under and in whatever order', () => {
  expect(planHash({ x: a, y: b })).toBe(planHash({ one: b, two: a }))
  const others: readonly { readonly [id: string]: string }[] = [
    { x: a },
    { x: a, y: a },
    { x: a, y: c },
    { x: a, y: b, z: c },
    {},
  ]
  expect(new Set([{ x: a, y: b }, ...others].map((hashes) => planHash(hashes))).size).toBe(others.length + 1)
})

test('carries go through all of the sum, and what a person has pinned counts as a text', () => {
  const ones = 'f'.repeat(64)
  const one = `${'0'.repeat(63)}1`
  const zeros = '0'.repeat(64)
  expect(planHash({ x: ones, y: one })).toBe(planHash({ x: zeros, y: zeros }))
  expect(planHash({ x: 'mine' })).toBe(planHash({ x: sha256Hex('mine') }))
  expect(planHash({ x: `${'0'.repeat(63)}G` })).not.toBe(planHash({ x: zeros }))
})

test('a sum that is kept from plan to plan gives what a fresh one gives', () => {
  const plan = fc.dictionary(fc.constantFrom(...'abcdefgh'), fc.constantFrom(a, b, c, 'mine', 'f'.repeat(64)))
  fc.assert(
    fc.property(fc.array(plan), (plans) => {
      const sum = freshKeySum()
      for (const hashes of plans) expect(planHash(hashes, sum)).toBe(planHash(hashes))
    }),
  )
})
