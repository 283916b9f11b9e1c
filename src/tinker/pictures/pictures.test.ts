/** Tokens of pictures by the models' rules: golden file of `tests/golden/pictures`, whose script says how it was made. */
import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fittedSize, pictureRule, pictureTokens, readPictureRule } from './pictureRule.ts'
import { pictureSize } from './pictureSize.ts'
import { preparePicture } from './preparePicture.ts'

type Row = readonly [width: number, height: number, fitted?: number, fittedHeight?: number, tokens?: number]
type Golden = Readonly<Record<string, { readonly config: unknown; readonly rows: readonly Row[] }>>

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/pictures/tokens.json', import.meta.url), 'utf8'),
) as Golden
const rules = Object.entries(golden).map(
  ([name, { config, rows }]) => [name, readPictureRule(JSON.stringify(config)), rows] as const,
)

describe.each(rules)('the rule of %s', (_name, rule, rows) => {
  test('gives the sizes and numbers of the Python package', () => {
    const differing = rows.filter(([width, height, ...expected]) => {
      if (expected.length === 0) return !throwsRange(() => pictureTokens({ width, height }, rule))
      const fitted = fittedSize({ width, height }, rule)
      return [fitted.width, fitted.height, pictureTokens({ width, height }, rule)].join() !== expected.join()
    })
    expect(differing).toEqual([])
    expect(rows.length).toBeGreaterThan(200)
  })

  test('makes nothing larger of what it has fitted, and on a grid leaves it as it is', () => {
    const side = fc.integer({ min: 1, max: 12_000 })
    fc.assert(
      fc.property(side, side, (width, height) => {
        fc.pre(Math.max(width, height) / Math.min(width, height) <= 100)
        const fitted = fittedSize({ width, height }, rule)
        expect(pictureTokens(fitted, rule)).toBeLessThanOrEqual(pictureTokens({ width, height }, rule))
        if (rule.kind === 'grid') expect(fittedSize(fitted, rule)).toEqual(fitted)
      }),
    )
  })
})

function throwsRange(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    return error instanceof RangeError
  }
}

test('models that see are known by their names, others say their rule in a file', () => {
  const [qwen, kimi] = ['Qwen/Qwen3-VL-30B-A3B-Instruct', 'moonshotai/Kimi-K2.5'].map(pictureRule)
  expect(qwen).toEqual(readPictureRule(JSON.stringify(golden['qwen3-vl']!.config)))
  expect(kimi).toEqual(readPictureRule(JSON.stringify(golden['kimi-k2.5']!.config)))
  expect(['Qwen/Qwen3-8B', 'moonshotai/Kimi-K2-Thinking', 'x/y'].map(pictureRule)).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(() => readPictureRule('{"patch_size":16}')).toThrow('no rule')
})

describe('the size of a file', () => {
  test('is in the head of a PNG, and behind other segments of a JPEG', () => {
    expect(pictureSize(png(300, 2))).toEqual({ width: 300, height: 2 })
    expect(pictureSize(jpeg(640, 480, 0xc0))).toEqual({ width: 640, height: 480 })
    expect(pictureSize(jpeg(640, 480, 0xc2))).toEqual({ width: 640, height: 480 })
  })

  test('of anything else is a TypeError, wherever it is cut', () => {
    expect(() => pictureSize(new TextEncoder().encode('GIF89a'))).toThrow(TypeError)
    const whole = jpeg(640, 480, 0xc0)
    for (let length = 0; length < whole.length - 10; length++)
      expect(() => pictureSize(whole.subarray(0, length)), `${length} bytes`).toThrow(TypeError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const file = Uint8Array.from([0xff, 0xd8, ...tail])
        try {
          expect(pictureSize(file).width).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})

test('where there is no canvas, a picture to be decoded is refused in words', async () => {
  await expect(preparePicture(new Blob(['x']), pictureRule('Qwen/Qwen3.5-9B')!)).rejects.toThrow('pages and workers')
})

/** A grey PNG; the check sums of its parts are left at zero, as nobody here looks at them. */
function png(width: number, height: number): Uint8Array {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 0, 0, 0, 0], 8)
  const part = (name: string, body: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    return Buffer.concat([length, Buffer.from(name), body, Buffer.alloc(4)])
  }
  const rows = deflateSync(Buffer.alloc((width + 1) * height))
  return new Uint8Array(
    Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), part('IHDR', head), part('IDAT', rows)]),
  )
}

/** The head of a JPEG: an application's segment, a table, a frame. */
function jpeg(width: number, height: number, frame: number): Uint8Array {
  const wide = (value: number): number[] => [value >> 8, value & 255]
  const segment = (marker: number, body: readonly number[]): number[] => [
    0xff,
    marker,
    ...wide(body.length + 2),
    ...body,
  ]
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, [1, 2, 3, 0xff, 0xc0]),
    ...segment(0xc4, [0, 0, 0, 0, 0, 0, 0]),
    ...[0xff, 0xff],
    ...segment(frame, [8, ...wide(height), ...wide(width), 3, 1, 2, 3]),
  ])
}
