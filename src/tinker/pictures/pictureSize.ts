/** Width and height of a picture from the head of its file, without decoding it. */
import type { PictureSize } from './pictureRule.ts'

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Pixels as they are stored; a JPEG that is to be shown turned is not turned here. @throws TypeError for other files */
export function pictureSize(file: Uint8Array): PictureSize {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (PNG.every((byte, i) => file[i] === byte) && file.length >= 24)
    return { width: view.getUint32(16), height: view.getUint32(20) }
  if (file[0] === 0xff && file[1] === 0xd8) {
    // Segments: a marker, then the length of what follows, itself included.
    for (let at = 2; at + 9 <= file.length && file[at] === 0xff;) {
      const marker = file[at + 1]!
      if (marker === 0xff) at++
      else if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
      else at += isBare(marker) ? 2 : 2 + view.getUint16(at + 2)
    }
  }
  throw new TypeError('the size of the picture cannot be read: it is no PNG or JPEG file, or is cut')
}

/** Start of a frame: C0 to CF, but for tables (C4, C8, CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && (marker === 0xc0 || marker % 4 !== 0)
}

/** Markers without a length. */
function isBare(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
}
