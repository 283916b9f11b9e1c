import { Zstd } from '@hpcc-js/wasm-zstd'
import { describe, expect, test } from 'vitest'
import { contentSize, wasmDecompress, zstdDecompress } from './zstd.ts'

const zstd = await Zstd.load()
const text = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => (i * i) % 251)
const pack = (bytes: Uint8Array): Uint8Array => new Uint8Array(zstd.compress(bytes, 3))

describe('zstd bodies', () => {
  test.each([0, 1, 255, 256, 300, 65_791, 65_792, 1_000_000])('of %i bytes come out as they went in', async (size) => {
    const packed = pack(text(size))
    expect(contentSize(packed)).toBe(size)
    expect(Buffer.from(await wasmDecompress(packed, 2_000_000)).equals(Buffer.from(text(size)))).toBe(true)
    expect(Buffer.from(await zstdDecompress()(packed, 2_000_000)).equals(Buffer.from(text(size)))).toBe(true)
  })

  test('that would unpack to more than is allowed are refused before they are unpacked', async () => {
    await expect(wasmDecompress(pack(text(5_000_000)), 1_000_000)).rejects.toMatchObject({ status: 413 })
  })

  test('that do not say their size, are cut, lie about it, or are no zstd at all are refused', async () => {
    const packed = pack(text(3000))
    const unknown = new Uint8Array([...packed.subarray(0, 4), 0, 0, ...packed.subarray(7)])
    const lying = packed.slice()
    lying[5] = 1
    for (const bytes of [unknown, packed.subarray(0, 40), lying, new Uint8Array(20), new Uint8Array()])
      await expect(wasmDecompress(bytes, 1_000_000)).rejects.toThrow()
  })
})
