/** The protobuf message `Chunk`, both ways: one piece of what a model reads. */
import { packInt32, unpackInt32 } from './packedArrays.ts'
import { WireError } from './wireError.ts'
import type { ModelInputChunk } from './modelInput.ts'
import type { ProtoReader } from './protoReader.ts'
import type { ProtoWriter } from './protoWriter.ts'

/** @throws TypeError for an image asset pointer, which this format cannot carry. */
export function writeChunk(out: ProtoWriter, chunk: ModelInputChunk): void {
  switch (chunk.type) {
    case 'encoded_text':
      out.message(1, () => chunk.tokens.length > 0 && out.bytes(1, packInt32(chunk.tokens)))
      return
    case 'image':
      out.message(2, () => {
        if (chunk.data.length > 0) out.bytes(1, chunk.data)
        out.string(2, chunk.format)
        if (chunk.expectedTokens !== undefined) out.varint(3, chunk.expectedTokens)
      })
      return
    case 'dmel':
      out.message(3, () => chunk.dmel.length > 0 && out.bytes(1, chunk.dmel))
      return
    case 'image_asset_pointer':
      throw new TypeError('an image asset pointer cannot be used in training: send the image itself')
  }
}

export function readChunk(reader: ProtoReader, at: string): ModelInputChunk {
  let chunk: ModelInputChunk | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1)
      chunk = { type: 'encoded_text', tokens: unpackInt32(reader.message(readOnlyBytes), `${at}.tokens`) }
    else if (field === 2) chunk = reader.message((r) => readImage(r, at))
    else if (field === 3) chunk = { type: 'dmel', dmel: reader.message(readOnlyBytes).slice() }
    else reader.skip()
  }
  if (chunk === undefined) throw new WireError(`${at} is a chunk of an unknown kind`)
  return chunk
}

function readOnlyBytes(reader: ProtoReader): Uint8Array {
  let bytes = new Uint8Array(0) as Uint8Array
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) bytes = reader.bytes()
    else reader.skip()
  }
  return bytes
}

function readImage(reader: ProtoReader, at: string): ModelInputChunk {
  let data = new Uint8Array(0) as Uint8Array
  let format = ''
  let expected: number | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) data = reader.bytes().slice()
    else if (field === 2) format = reader.string()
    else if (field === 3) expected = reader.varint()
    else reader.skip()
  }
  if (format !== 'png' && format !== 'jpeg') throw new WireError(`${at}.format must be "png" or "jpeg"`)
  return { type: 'image', data, format, ...(expected === undefined ? {} : { expectedTokens: expected }) }
}
