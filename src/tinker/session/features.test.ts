/** What a server offers, found out without changing anything, from servers of different manners. */
import { describe, expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { FEATURE_NAMES, FEATURES, featureOfCall, probeOf } from './features.ts'
import type { Fetch } from '../transport/exchange.ts'
import type { FeatureReport } from './features.ts'

type Routes = Readonly<Record<string, (path: string) => Response>>
const json = (status: number, body: unknown): Response => Response.json(body, { status })

/** A server with these routes (`METHOD path`, a trailing `*` for any rest) and a manner of refusing. */
function serverOf(
  routes: Routes,
  refuse: (path: string, known: boolean) => Response,
): { fetch: Fetch; seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    fetch: async (request) => {
      const path = new URL(request.url).pathname.replace('/api/v1/', '')
      seen.push(`${request.method} ${path}`)
      const matches = Object.keys(routes).filter((route) => {
        const pattern = route.slice(route.indexOf(' ') + 1)
        return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
      })
      const match = matches.find((route) => route.startsWith(`${request.method} `))
      return match === undefined ? refuse(path, matches.length > 0) : routes[match]!(path)
    },
  }
}

const accepted = (): Response => json(200, {})
/** As FastAPI frameworks do: SkyRL, TuFT, Open-RL. */
const byTheBook = (_path: string, known: boolean): Response =>
  known ? json(405, { detail: 'Method Not Allowed' }) : json(404, { detail: 'Not Found' })
/** Says the path in its refusal, and the same for a wrong method. */
const talkative = (path: string): Response => json(404, { detail: `there is no /api/v1/${path} here` })

const ROUTES: Routes = {
  'POST client/config': accepted,
  'POST create_session': accepted,
  'POST forward_backward': accepted,
  'POST asample': accepted,
  'POST weights_info': accepted,
  'GET training_runs': () => json(200, { training_runs: [] }),
  'GET samplers/*': () => json(404, { detail: 'sampler not found' }),
}

function having(report: FeatureReport, has: 'yes' | 'no' | 'unknown'): string[] {
  return FEATURE_NAMES.filter((feature) => report[feature].has === has)
}

describe('the features of a server', () => {
  test('that goes by the book are known from questions that change nothing, asked once', async () => {
    const { fetch, seen } = serverOf(ROUTES, byTheBook)
    const service = clientOf({ url: 'http://server' }, { fetch })
    const report = await service.getFeatures()
    expect(having(report, 'yes')).toEqual([
      'clientConfig',
      'forwardBackward',
      'weightsInfo',
      'sampling',
      'samplerInfo',
      'listRuns',
    ])
    expect(having(report, 'unknown')).toEqual(['protobufBodies', 'jsonBodies', 'promptLogprobs', 'topkPromptLogprobs'])
    expect(report.publishCheckpoint).toMatchObject({ has: 'no', why: 'there is no such route' })
    expect(seen.filter((line) => !line.startsWith('GET '))).toEqual(['POST client/config'])
    const { length } = seen
    expect(await service.getFeatures()).toEqual(report)
    expect(seen).toHaveLength(length)
  })

  test('that answers every wrong turn alike stay unknown where only a change would tell', async () => {
    const { fetch } = serverOf(ROUTES, talkative)
    const report = await clientOf({ url: 'http://server' }, { fetch }).getFeatures()
    expect(report.sampling.has).toBe('unknown')
    expect(report.listRuns.has).toBe('yes')
    expect(report.listSessions).toMatchObject({ has: 'no', why: 'there is no such route' })
  })

  test('that forbids a look are unknown, not missing', async () => {
    const routes: Routes = { ...ROUTES, 'GET audit': () => json(403, { detail: 'admins only' }) }
    const { fetch } = serverOf(routes, byTheBook)
    const report = await clientOf({ url: 'http://server' }, { fetch }).getFeatures()
    expect(report.auditLog).toMatchObject({ has: 'unknown', why: 'the key may not see it (403)' })
  })

  test('are learned from use too, whatever was asked before', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    await service.getFeatures()
    peer.fault('training_runs/r/checkpoints/weights/1/publish', { status: 501, body: '{"detail":"not here"}' })
    await failureOfRejection((await service.rest()).publishCheckpoint('tinker://r/weights/1'))
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    await training
      .forward([], 'ppo')
      .result()
      .catch(() => undefined)
    const { publishCheckpoint } = await service.getFeatures()
    expect(publishCheckpoint).toMatchObject({ has: 'no', why: expect.stringContaining('501') as string })
  })

  test('of an old server are known from its time', async () => {
    const peer = await startPeer({ flags: null })
    const report = await clientOf(peer).getFeatures()
    expect(report).toMatchObject({
      clientConfig: { has: 'no' },
      protobufBodies: { has: 'no' },
      jsonBodies: { has: 'yes' },
    })
    const twinkle = await startPeer()
    twinkle.fault('client/config', { status: 400, body: '{"detail":"Missing x-request-id header"}' })
    expect((await clientOf(twinkle).getFeatures()).topkPromptLogprobs.has).toBe('no')
  })

  test('cannot be had from a server that is not there', async () => {
    const fetch: Fetch = () => Promise.reject(new TypeError('refused'))
    const service = clientOf({ url: 'http://server' }, { fetch, tuning: { connectWindowMs: 0 } })
    expect((await failureOfRejection(service.getFeatures())).kind).toBe('offline')
  })
})

test('every route that is probed is also recognised when it is used', () => {
  for (const feature of FEATURE_NAMES) {
    expect(FEATURES[feature].title.length).toBeGreaterThan(5)
    const probe = probeOf(feature)
    if (probe === undefined) continue
    const used = 'get' in probe ? featureOfCall('GET', probe.get) : featureOfCall(probe.method, probe.wrongMethod)
    expect(used, feature).toBe(feature)
  }
  expect(featureOfCall('DELETE', 'training_runs/a%3Ab/checkpoints/weights/0001')).toBe('deleteCheckpoint')
  expect(featureOfCall('GET', 'training_runs/x/checkpoints')).toBe('listRunCheckpoints')
  expect(featureOfCall('PUT', 'sessions/s/project')).toBe('moveToProject')
  expect(featureOfCall('POST', 'optim_step')).toBeUndefined()
})
