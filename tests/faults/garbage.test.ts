import { createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createServiceClient } from '#src/tinker/index.ts'
import type { AddressInfo } from 'node:net'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Enough exchanges for the compiler to optimise them: only optimised code lets go of objects that it needs no more. */
const WARM_UP = 6000

// Node's fetch forgets a request's signal once the Request object is collected, while the request is still on its way.
test('a request is given up at close also when garbage was collected while it waited', async () => {
  let read: () => void = () => {}
  let ended: (how: string) => void = () => {}
  const wasRead = new Promise<void>((resolve) => (read = resolve))
  const hasEnded = new Promise<string>((resolve) => (ended = resolve))
  const silent = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => read())
    socket.once('close', () => ended('closed'))
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  let instant = true
  const service = createServiceClient({
    baseUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    fetch: (request) =>
      instant ? Promise.resolve(Response.json({ supported_models: [] })) : globalThis.fetch(request),
  })
  for (let i = 0; i < WARM_UP; i++) await service.getServerCapabilities()
  instant = false
  const asked = service.getServerCapabilities().then(
    () => 'answered',
    () => 'rejected',
  )
  await wasRead
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await service.close()
  expect(await asked).toBe('rejected')
  const late = setTimeout(() => ended('open after a second'), 1000)
  expect(await hasEnded).toBe('closed')
  clearTimeout(late)
  silent.close()
})
