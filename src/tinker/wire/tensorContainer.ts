/** Header of the TensorContainer format, which audio chunks carry: `[254?] dtype ndim dims…`, counts as LEB128. */
import { WireError } from './wireError.ts'

const CONSTANT_MARK = 254
const LAST_DTYPE = 7
const MAX_SHIFT = 63

/** Dimensions of the container, outermost first. @throws WireError for a header that is cut short or impossible. */
export function tensorContainerDims(bytes: Uint8Array): number[] {
  let at = bytes[0] === CONSTANT_MARK ? 1 : 0
  const dtype = bytes[at++]
  if (dtype === undefined) throw new WireError('Truncated TensorContainer header')
  if (dtype > LAST_DTYPE) throw new WireError(`TensorContainer has an unknown dtype ${dtype}`)
  const varint = (): number => {
    let value = 0n
    for (let shift = 0; ; shift += 7) {
      if (shift >= MAX_SHIFT) throw new WireError('TensorContainer varint is too long')
      const byte = bytes[at++]
      if (byte === undefined) throw new WireError('Truncated TensorContainer header')
      value |= BigInt(byte & 127) << BigInt(shift)
      if (byte < 128) return Number(value)
    }
  }
  const ndim = varint()
  if (ndim > bytes.length) throw new WireError('Truncated TensorContainer header')
  return Array.from({ length: ndim }, varint)
}
