/** A file written by the Python package `safetensors` 0.8.0, and every way to damage it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSafetensors } from './safetensors.ts'
import type { Safetensors } from './safetensors.ts'

const FILE =
  'GAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJjLmlkcyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbMiwxXSwiZGF0YV9vZmZzZXRzIjpbMCwx' +
  'Nl19LCJhLndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsNDBdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFw' +
  'ZSI6WzAsM10sImRhdGFfb2Zmc2V0cyI6WzQwLDQwXX0sImIuaGFsZiI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbNF0sImRhdGFfb2Zmc2V0cyI6WzQwLDQ4XX19ICAg' +
  'AQAAAAAAAAD+/////////wAAAL8AAIC+AAAAAAAAgD4AAAA/AABAPwA+gMD/ewEA'
const bytes = Uint8Array.from(Buffer.from(FILE, 'base64'))

async function read(file: Blob | Uint8Array<ArrayBuffer>): Promise<Safetensors> {
  const result = await readSafetensors(file)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

describe.each([
  ['bytes', bytes],
  ['a Blob', new Blob([bytes])],
])('a file as %s', (_, file) => {
  test('has the names, types, shapes and values that Python wrote', async () => {
    const { tensors, metadata, floats, bytes: raw } = await read(file)
    expect(metadata).toEqual({ format: 'pt' })
    expect([...tensors.values()].map(({ name, dtype, shape }) => [name, dtype, ...shape]).sort()).toEqual([
      ['a.weight', 'F32', 2, 3],
      ['b.half', 'F16', 4],
      ['c.ids', 'I64', 2, 1],
      ['empty', 'F32', 0, 3],
    ])
    expect([...(await floats('a.weight'))!]).toEqual([-0.5, -0.25, 0, 0.25, 0.5, 0.75])
    expect([...(await floats('b.half'))!].map((value) => Math.fround(value))).toEqual([1.5, -2.25, 65504, 2 ** -24])
    expect(await floats('empty')).toHaveLength(0)
    expect(await floats('c.ids')).toBeNull()
    expect(await raw('c.ids')).toHaveLength(16)
    expect(await raw('constructor')).toBeNull()
  })
})

test('bfloat16 is the upper half of a float', async () => {
  const header = new TextEncoder().encode('{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}')
  const file = Uint8Array.from([header.length, 0, 0, 0, 0, 0, 0, 0, ...header, 0xc0, 0x3f, 0x80, 0xbf])
  expect([...(await (await read(file)).floats('x'))!]).toEqual([1.5, -1])
})

test('damage anywhere is a failure or other numbers, never an exception', async () => {
  expect((await readSafetensors(bytes.slice(0, -1))).ok).toBe(false)
  const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 5 }), fc.nat({ max: bytes.length }), async (changes, length) => {
      const damaged = bytes.slice()
      for (const [at, byte] of changes) damaged[at] = byte
      for (const file of [damaged, damaged.slice(0, length)]) {
        const result = await readSafetensors(file)
        if (result.ok) for (const name of result.value.tensors.keys()) await result.value.floats(name)
        else expect(result.error.kind).toBe('broken')
      }
    }),
    { numRuns: 300 },
  )
})
