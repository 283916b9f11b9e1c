/** Any picture that a page can show as one that a model takes: decoded, made smaller, written as JPEG or PNG, its tokens counted. */
import { imageChunk } from '../wire/modelInput.ts'
import { fittedSize, pictureTokens } from './pictureRule.ts'
import type { ImageFormat, ModelInputChunk } from '../wire/modelInput.ts'
import type { PictureRule, PictureSize } from './pictureRule.ts'

export type PictureOptions = {
  /** Default JPEG; PNG keeps every pixel and takes more bytes. */
  readonly format?: ImageFormat
  /** Of JPEG, 0 to 1. Default 0.95. */
  readonly quality?: number
  /** Longest side in pixels, if shorter than the model's rule wants. */
  readonly maxSide?: number
}

export type PreparedPicture = PictureSize & {
  /** For a model input. */
  readonly chunk: Extract<ModelInputChunk, { readonly type: 'image' }>
  readonly expectedTokens: number
  /** What is sent, for a preview. */
  readonly blob: PictureBlob
}

/** The members of the platform's `Blob` that are used. */
export type PictureBlob = { readonly type: string; readonly size: number; arrayBuffer(): Promise<ArrayBuffer> }

/** What pages and workers have for pictures, and Node has not. */
type Bitmap = PictureSize & { close(): void }
type Pen = { fillStyle: string; fillRect(...at: number[]): void; drawImage(picture: Bitmap, ...at: number[]): void }
type Canvas = {
  getContext(kind: '2d'): Pen | null
  convertToBlob(options: { readonly type: string; readonly quality: number }): Promise<PictureBlob>
}
type Platform = {
  readonly createImageBitmap?: (file: PictureBlob) => Promise<Bitmap>
  readonly OffscreenCanvas?: new (width: number, height: number) => Canvas
}

const QUALITY = 0.95

/**
 * Decodes the file, turned as it is to be shown, on white where it is transparent. A picture larger than the model's rule wants
 * is made as small as the model would make it; a smaller one keeps its pixels. For pages and workers: elsewhere, and for files
 * that are no picture, rejects with a TypeError.
 * @throws RangeError for a size that the model does not take
 */
export async function preparePicture(
  file: PictureBlob,
  rule: PictureRule,
  { format = 'jpeg', quality = QUALITY, maxSide = Infinity }: PictureOptions = {},
): Promise<PreparedPicture> {
  const { createImageBitmap, OffscreenCanvas } = globalThis as unknown as Platform
  if (createImageBitmap === undefined || OffscreenCanvas === undefined)
    throw new TypeError(
      'pictures are decoded in pages and workers only: elsewhere, give the bytes of a PNG or JPEG file',
    )
  const bitmap = await decoded(createImageBitmap, file)
  try {
    const { width, height } = shownSize(bitmap, rule, maxSide)
    const canvas = new OffscreenCanvas(width, height)
    const pen = canvas.getContext('2d')
    if (pen === null) throw new TypeError('there is no canvas to draw the picture on')
    pen.fillStyle = '#fff'
    pen.fillRect(0, 0, width, height)
    pen.drawImage(bitmap, 0, 0, width, height)
    const blob = await canvas.convertToBlob({ type: `image/${format}`, quality })
    const expectedTokens = pictureTokens({ width, height }, rule)
    const bytes = new Uint8Array(await blob.arrayBuffer())
    const chunk = imageChunk(bytes, expectedTokens) as PreparedPicture['chunk']
    return { width, height, chunk, expectedTokens, blob }
  } finally {
    bitmap.close()
  }
}

async function decoded(decode: NonNullable<Platform['createImageBitmap']>, file: PictureBlob): Promise<Bitmap> {
  try {
    return await decode(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TypeError(`the file cannot be read as a picture: ${why}`, { cause: error })
  }
}

function shownSize(bitmap: PictureSize, rule: PictureRule, maxSide: number): PictureSize {
  const shrink = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height))
  const width = Math.max(1, Math.round(bitmap.width * shrink))
  const height = Math.max(1, Math.round(bitmap.height * shrink))
  const fitted = fittedSize({ width, height }, rule)
  return fitted.width * fitted.height < width * height ? fitted : { width, height }
}
