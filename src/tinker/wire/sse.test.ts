/** Events however the network cuts the stream. The SDK's own cases are in the shared vectors. */
import { createServer } from 'node:http'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { SseDecoder, sseEvents } from './sse.ts'
import type { AddressInfo } from 'node:net'
import type { SseEvent } from './sse.ts'

function read(pieces: readonly Uint8Array[]): SseEvent[] {
  const decoder = new SseDecoder()
  return pieces.flatMap((piece) => decoder.feed(piece))
}

const line = fc.oneof(
  fc.constantFrom(
    '',
    '',
    'data',
    'data: a',
    'data:  b',
    ': note',
    'event: m',
    'id: 7',
    'retry: 10',
    'retry: x',
    'other: y',
  ),
  fc.string({ unit: 'grapheme', maxLength: 5 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}ü€😀`),
)
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 })
  .map((lines) => lines.map(([text, end]) => text + end).join(''))

test('any cut of a stream gives the same events, inside characters and line ends too', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(7), { minLength: 1, maxLength: 9 }), (text, sizes) => {
      const bytes = new TextEncoder().encode(text)
      const pieces: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length]!
        pieces.push(bytes.subarray(at, at + size + 1))
        at += size + 1
      }
      expect(read(pieces)).toEqual(read([bytes]))
    }),
  )
})

test('leaving the loop closes the connection', async () => {
  let closed = (): void => {}
  const gone = new Promise<void>((resolve) => (closed = resolve))
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => response.write('data: tick\n\n'), 2)
    response.on('close', () => {
      clearInterval(timer)
      closed()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const seen: string[] = []
  for await (const { data } of sseEvents(response.body!)) if (seen.push(data) === 3) break
  expect(seen).toEqual(['tick', 'tick', 'tick'])
  await gone
})
