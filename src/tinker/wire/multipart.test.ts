/** Forms byte for byte, and as the platform reads them. */
import { expect, test } from 'vitest'
import { openAsBlob } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readFile } from 'node:fs/promises'
import { encodeMultipart, fileBytes } from './multipart.ts'

const fields = { note: 'hi', a: { b: [1, 2] }, gone: null }
const file = { field: 'f', name: 'a.png', content: Uint8Array.of(1, 2, 255), type: 'image/png' }

test('a form with a file, under a given boundary', async () => {
  const { contentType, body } = encodeMultipart(fields, [file], 'B')
  expect(contentType).toBe('multipart/form-data; boundary=B')
  const part = (name: string, text: string): string =>
    `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`
  const head = `--B\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`
  const texts = part('note', 'hi') + part('a[b][]', '1') + part('a[b][]', '2') + part('gone', '')
  const wanted = Buffer.concat([Buffer.from(texts + head), Buffer.of(1, 2, 255), Buffer.from('\r\n--B--\r\n')])
  expect(Buffer.from(await body.arrayBuffer())).toEqual(wanted)
})

test('the same bytes from an array and from a blob, read back by the platform', async () => {
  for (const content of [file.content, new Blob([file.content])]) {
    const { contentType, body } = encodeMultipart(fields, [{ ...file, content, headers: { 'X-Part': '1' } }])
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
    expect(form.getAll('a[b][]')).toEqual(['1', '2'])
    const read = form.get('f') as File
    expect([read.name, read.type]).toEqual(['a.png', 'image/png'])
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(file.content)
  }
})

test('the same bytes from an array, a blob, a stream and a path', async () => {
  const path = fileURLToPath(import.meta.url)
  const bytes = new Uint8Array(await readFile(path))
  const forms = [bytes, new Blob([bytes]), new Blob([bytes]).stream(), await openAsBlob(path)]
  for (const form of forms) expect(Buffer.compare(await fileBytes(form), bytes)).toBe(0)
})

test('names cannot end a line, headers are refused when they would, and boundaries must be boundaries', async () => {
  const { contentType, body } = encodeMultipart({ 'a"\r\nx': 'v' }, [], 'B')
  expect(contentType).toContain('B')
  expect(await body.text()).toContain('name="a%22%0D%0Ax"')
  expect(() => encodeMultipart({}, [{ ...file, type: 'a\r\nX: y' }])).toThrow(TypeError)
  expect(() => encodeMultipart({}, [{ ...file, headers: { a: 'b\nc' } }])).toThrow(TypeError)
  expect(() => encodeMultipart({}, [], 'a b\r\n')).toThrow(TypeError)
})
