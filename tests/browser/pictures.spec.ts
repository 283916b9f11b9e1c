/** Pictures in a real page: decoded, made as small as the model would, written as files whose tokens are known. */
import { expect, test } from '@playwright/test'
import { listen } from '../../server/httpServer.ts'
import { pictureRule, pictureTokens } from '../../src/tinker/pictures/pictureRule.ts'
import type * as Rules from '../../src/tinker/pictures/pictureRule.ts'
import type * as Sizes from '../../src/tinker/pictures/pictureSize.ts'
import type * as Pictures from '../../src/tinker/pictures/preparePicture.ts'
import { ROOT, bundleModule } from './bundleModule.ts'

type Library = typeof Rules & typeof Sizes & typeof Pictures

const MODELS = ['Qwen/Qwen3-VL-30B-A3B-Instruct', 'moonshotai/Kimi-K2.5']

test('are what the rule says, in format, size and number of tokens', async ({ page }) => {
  const script = await bundle()
  const server = await listen(
    (request) =>
      request.url.endsWith('.js')
        ? new Response(script, { headers: { 'content-type': 'text/javascript' } })
        : new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    '127.0.0.1',
    0,
  )
  try {
    await page.goto(server.url)
    const seen = await page.evaluate(async (models) => {
      const address = '/pictures.js'
      const library = (await import(address)) as Library
      /** Left half red, right half transparent. */
      const draw = async (width: number, height: number): Promise<Blob> => {
        const canvas = new OffscreenCanvas(width, height)
        const pen = canvas.getContext('2d')!
        pen.fillStyle = 'red'
        pen.fillRect(0, 0, width / 2, height)
        return canvas.convertToBlob({ type: 'image/webp', quality: 1 })
      }
      const prepared = []
      for (const model of models)
        for (const [width, height] of [
          [40, 30],
          [640, 480],
          [6000, 5000],
        ] as const) {
          const rule = library.pictureRule(model)!
          const picture = await library.preparePicture(await draw(width, height), rule)
          const { data, format, expectedTokens } = picture.chunk
          const bitmap = await createImageBitmap(new Blob([data as Uint8Array<ArrayBuffer>]))
          const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!
          pen.drawImage(bitmap, 0, 0)
          const at = (part: number): number[] => [
            ...pen.getImageData(bitmap.width * part, bitmap.height / 2, 1, 1).data,
          ]
          const colours = [at(0.25), at(0.75)]
          const stored = library.pictureSize(data)
          prepared.push({ model, width, height, format, expectedTokens, stored, colours, type: picture.blob.type })
        }
      const rule = library.pictureRule(models[0]!)!
      const png = await library.preparePicture(await draw(900, 300), rule, { format: 'png', maxSide: 300 })
      const words = await library.preparePicture(new Blob(['words']), rule).catch((error: unknown) => String(error))
      const thin = await library.preparePicture(await draw(2010, 10), rule).catch((error: unknown) => String(error))
      return { prepared, png: { format: png.chunk.format, width: png.width, height: png.height }, words, thin }
    }, MODELS)
    expect(seen.prepared).toHaveLength(6)
    for (const { model, width, height, format, expectedTokens, stored, colours, type } of seen.prepared) {
      const rule = pictureRule(model)!
      expect([format, type]).toEqual(['jpeg', 'image/jpeg'])
      expect(expectedTokens).toBe(pictureTokens(stored, rule))
      if (width < 6000) expect(stored).toEqual({ width, height })
      else expect(stored.width * stored.height).toBeLessThan(width * height)
      const [red, white] = colours
      expect(red![0]!, 'red').toBeGreaterThan(240)
      expect(red![1]!, 'red').toBeLessThan(15)
      expect(Math.min(...white!), 'what is transparent is white').toBeGreaterThan(240)
    }
    expect(seen.png).toEqual({ format: 'png', width: 300, height: 100 })
    expect(seen.words).toContain('TypeError: the file cannot be read as a picture')
    expect(seen.thin).toContain('RangeError')
  } finally {
    await server.stop(0)
  }
})

async function bundle(): Promise<string> {
  const names = ['pictureRule', 'pictureSize', 'preparePicture']
  const source = names.map((name) => `export * from '${ROOT}src/tinker/pictures/${name}.ts'`).join('\n')
  const [entry] = await bundleModule(source)
  return entry.code
}
