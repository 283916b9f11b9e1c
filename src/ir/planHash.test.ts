import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { freshKeyMemo, planHash } from './planHash.ts'
import { IR_VERSION } from './pipelineConfig.ts'

const keys = ['a', 'b', 'c'].map(sha256Hex)
const ids = Array.from({ length: 80 }, (_, i) => `n${i}`)
const key = fc.oneof(fc.constantFrom(...keys, 'mine', 'a "quote"'), fc.string({ maxLength: 3 }))

test('the sorted keys make it, whatever they are filed under and in whatever order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...ids), key), (hashes) => {
      const text = canonicalJson({ irVersion: IR_VERSION, stages: Object.values(hashes).sort() })
      expect(planHash(hashes)).toBe(sha256Hex(text))
    }),
  )
})

test('with the keys of plans before, the hash is that of a fresh one', () => {
  const edits = fc.array(fc.tuple(fc.constantFrom(...ids), key, fc.boolean()))
  fc.assert(
    fc.property(fc.array(edits), (plans) => {
      const memo = freshKeyMemo()
      const hashes: { [id: string]: string } = {}
      for (const plan of plans) {
        for (const [id, hash, gone] of plan) {
          if (gone) delete hashes[id]
          else hashes[id] = hash
        }
        expect(planHash(hashes, memo)).toBe(planHash(hashes))
      }
    }),
  )
})
