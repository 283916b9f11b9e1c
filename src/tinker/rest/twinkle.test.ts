/** Runs and checkpoints of a server that behaves as Twinkle does, publishing to a hub of its own. */
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import type { AddressInfo } from 'node:net'
import type { Peer } from '../testing/peer.ts'

type Pushed = { readonly repository: string; readonly token: string | undefined; readonly isPrivate: unknown }

/** What takes the place of the ModelScope hub: it knows one user by a token, and writes down what is pushed. */
async function startHub(): Promise<{ url: string; pushed: Pushed[] }> {
  const pushed: Pushed[] = []
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.slice('Bearer '.length)
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      if (token !== 'ms-ada') return void response.writeHead(401).end()
      if (request.method === 'GET') return void response.end('ada')
      const { private: isPrivate } = JSON.parse(text) as { private: unknown }
      pushed.push({ repository: request.url!.slice(1), token, isPrivate })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pushed }
}

/** JSON only, no client/config, a request id compulsory; publishing asks the hub who the key is and pushes there. */
async function startTwinkle(hub: string): Promise<Peer> {
  const peer = await startPeer({ flags: null, bodies: 'json', needsRequestId: true })
  const run = { training_run_id: 'r-1', base_model: 'tiny', model_owner: 'ada', is_lora: true, lora_rank: 8 }
  const runs = [{ ...run, last_request_time: '2026-07-22T00:00:00Z' }]
  peer.routes.set('training_runs', () => ({
    json: { training_runs: runs, cursor: { offset: 0, limit: 50, total_count: 1 } },
  }))
  for (const route of ['client/config', 'checkpoints', 'sessions']) peer.routes.set(route, absent)
  peer.routes.set('training_runs/r-1/checkpoints/weights/epoch_2/publish', async () => {
    const { authorization } = peer.seen.at(-1)!.headers
    const headers = { authorization: authorization! }
    const known = await fetch(hub, { headers })
    if (!known.ok) return { status: 401, json: { detail: 'Failed to get username from ModelScope.' } }
    const address = `${hub}/${await known.text()}/r-1_epoch_2`
    await fetch(address, { method: 'POST', headers, body: JSON.stringify({ private: true }) })
    return { status: 204, json: undefined }
  })
  return peer
}

function absent(): { status: number; json: unknown } {
  return { status: 404, json: { detail: 'Not Found' } }
}

test('publishing copies a checkpoint to the hub, under the name that is told', async () => {
  const hub = await startHub()
  const peer = await startTwinkle(hub.url)
  const service = clientOf(peer, { apiKey: 'ms-ada' })
  const rest = await service.rest()
  expect((await service.getServerProfile()).kind).toBe('twinkle')
  expect(await rest.listTrainingRuns({ limit: 50 })).toMatchObject({ total: 1, items: [{ runId: 'r-1' }] })
  const published = await rest.publishCheckpoint('twinkle://r-1/weights/epoch_2')
  expect(published).toEqual({ where: 'modelscope', repository: 'r-1_epoch_2' })
  expect(hub.pushed).toEqual([{ repository: 'ada/r-1_epoch_2', token: 'ms-ada', isPrivate: true }])
})

test('what cannot be done is said: a key that the hub does not know, taking back, lists that are not there', async () => {
  const hub = await startHub()
  const peer = await startTwinkle(hub.url)
  const path = 'twinkle://r-1/weights/epoch_2'
  const stranger = await clientOf(peer, { apiKey: 'ms-nobody' }).rest()
  expect(await failureOfRejection(stranger.publishCheckpoint(path))).toMatchObject({
    kind: 'unauthorized',
    serverSays: expect.stringContaining('ModelScope') as string,
  })
  const rest = await clientOf(peer, { apiKey: 'ms-ada' }).rest()
  expect(await failureOfRejection(rest.unpublishCheckpoint(path))).toMatchObject({ kind: 'unsupported' })
  expect(
    peer.seen.some(({ method }) => method === 'DELETE'),
    'nothing was asked to be deleted',
  ).toBe(false)
  for (const listing of [rest.listUserCheckpoints(), rest.listSessions()])
    expect(await failureOfRejection(listing)).toMatchObject({ kind: 'unsupported' })
  expect(hub.pushed).toEqual([])
})
