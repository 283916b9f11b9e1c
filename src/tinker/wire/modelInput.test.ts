/** Prompts of text, pictures and sound: what they are made of, how long they are, and what travels. */
import { describe, expect, test } from 'vitest'
import { appendChunk, appendTokens, chunkLength, dmelChunk, encodeChunkJson, imageChunk } from './modelInput.ts'
import { imagePointerChunk, modelInputFromTokens, modelInputLength, readChunk, textChunk } from './modelInput.ts'
import { decoding } from './wireError.ts'
import type { ModelInputChunk } from './modelInput.ts'

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1)
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 2)
const SOUND = Uint8Array.of(0x04, 0x02, 0x07, 0x50)

describe('a prompt', () => {
  test('grows by chunks; what it grew from stays as it was', () => {
    const start = modelInputFromTokens([1, 2])
    const grown = appendChunk(appendTokens(start, 3), imageChunk(PNG, 64))
    expect(start.chunks).toHaveLength(1)
    expect(grown.chunks.map(chunkLength)).toEqual([2, 1, 64])
    expect(modelInputLength(appendChunk(grown, dmelChunk(SOUND)))).toBe(2 + 1 + 64 + 7)
    expect(modelInputLength({ chunks: [] })).toBe(0)
  })

  test('has no known length with a picture of unknown size', () => {
    expect(() => modelInputLength({ chunks: [imageChunk(PNG)] })).toThrow('expectedTokens')
    expect(modelInputLength({ chunks: [imageChunk(PNG, 0)] })).toBe(0)
  })
})

describe('a chunk', () => {
  test('of a picture knows its format by its first bytes', () => {
    expect(imageChunk(PNG)).toEqual({ type: 'image', data: PNG, format: 'png' })
    expect(imageChunk(JPEG, 5)).toEqual({ type: 'image', data: JPEG, format: 'jpeg', expectedTokens: 5 })
    expect(() => imageChunk(new TextEncoder().encode('GIF89a'))).toThrow('PNG or a JPEG')
  })

  test('of sound is refused when its header tells no length', () => {
    for (const header of [[], [0x04], [0x04, 0x00], [0x04, 0x02, 0x80], [0x08, 0x01, 0x01]])
      expect(() => dmelChunk(Uint8Array.from(header))).toThrow(TypeError)
  })

  const every: ModelInputChunk[] = [
    textChunk([1, 2, 2 ** 31 - 1]),
    imageChunk(PNG, 0),
    imageChunk(JPEG),
    imagePointerChunk('tinker://asset/1', 'png', 7),
    dmelChunk(SOUND),
  ]

  test.each(every)('of type $type is read back from its JSON form, with or without its type', (chunk) => {
    const body = JSON.parse(JSON.stringify(encodeChunkJson(chunk))) as Record<string, unknown>
    expect(readChunk(body, '')).toEqual(chunk)
    const { type: _type, ...older } = body
    expect(readChunk(older, '')).toEqual(chunk)
  })

  test.each([
    [{}, 'known kind'],
    [{ tokens: [1], data: 'AQ==' }, 'known kind'],
    [{ type: 'encoded_text', tokens: [1.5] }, 'chunk.tokens[0] must be a token id'],
    [{ type: 'encoded_text', tokens: [2 ** 31] }, 'chunk.tokens[0] must be a token id'],
    [{ type: 'image', data: '*', format: 'png' }, 'chunk.data'],
    [{ type: 'image', data: 'AQ==', format: 'gif' }, 'chunk.format'],
    [{ type: 'image', data: 'AQ==', format: 'png', expected_tokens: 1.5 }, 'chunk.expected_tokens'],
    [{ type: 'image_asset_pointer', format: 'png' }, 'chunk.location'],
    [{ type: 'video' }, 'known kind'],
  ])('%j is refused by the place that is wrong', (body, words) => {
    const read = decoding(() => readChunk(body, 'chunk'))
    expect(read.ok ? 'read' : read.error).toContain(words)
  })
})
