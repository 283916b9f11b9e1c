/** Configuration from variables, event logs, metrics and error names, against the shared vectors. */
import { describe, expect, test } from 'vitest'
import {
  configFromEnvironment,
  featureGatesOf,
  HOSTED_URL,
  logLevelOf,
  tagsOf,
  telemetryWanted,
} from './environment.ts'
import { logEvents } from './eventLog.ts'
import { distributionOf, meterEvents, Metrics } from './metrics.ts'
import { errorClassOf, errorClassOfStatus, isUserError } from '../errors.ts'
import { TinkerError } from '../failure.ts'
import { doubtsOf } from './doubts.ts'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import type { Failure } from '../failure.ts'
import type { LogLevel } from './environment.ts'

const env = (name: string): { input: (string | null)[]; expected: unknown[] } =>
  vectorsOf<(string | null)[], unknown[]>('env').find((v) => v.name.startsWith(name))!

describe('variables', () => {
  test('are read as the official client reads them', () => {
    const telemetry = env('TINKER_TELEMETRY in 0.25.0')
    expect(telemetry.input.map((text) => telemetryWanted(text ?? undefined))).toEqual(telemetry.expected)
    const tags = env('TINKER_TAGS')
    expect(tags.input.map((text) => ({ set: tagsOf(text ?? undefined) }))).toEqual(tags.expected)
    const log = env('TINKER_LOG') as { input: string[]; expected: { tinkex: string | null }[] }
    const level = (name: string | null): string | undefined => (name === 'warn' ? 'warning' : (name ?? undefined))
    expect(log.input.map(logLevelOf)).toEqual(log.expected.map(({ tinkex }) => level(tinkex)))
    expect(featureGatesOf(undefined)).toEqual(['async_sampling'])
  })

  test('give way to options, and come before defaults', () => {
    const urls = vectorsOf<{ arg: string | null; env: string | null }[], string[]>('env').find((v) =>
      v.name.startsWith('base URL'),
    )!
    const read = urls.input.map(
      (v) =>
        configFromEnvironment({ TINKER_BASE_URL: v.env ?? undefined }, v.arg === null ? {} : { baseUrl: v.arg })
          .baseUrl,
    )
    expect(read).toEqual(urls.expected)
    const full = {
      TINKER_API_KEY: 'tml-env',
      TINKER_PROJECT_ID: 'p',
      TINKER_TAGS: 'a,b',
      TINKER_TELEMETRY: '0',
      CLOUDFLARE_ACCESS_CLIENT_ID: 'i',
    }
    expect(configFromEnvironment(full)).toEqual({
      apiKey: 'tml-env',
      projectId: 'p',
      tags: ['a', 'b'],
      telemetry: false,
      baseUrl: HOSTED_URL,
      headers: { 'CF-Access-Client-Id': 'i' },
    })
    const options = {
      apiKey: 'mine',
      projectId: 'q',
      tags: [],
      telemetry: true,
      headers: { 'CF-Access-Client-Id': 'j' },
    }
    expect(configFromEnvironment(full, options)).toMatchObject(options)
    expect(
      configFromEnvironment({ TINKER_API_KEY: '', TWINKLE_SERVER_TOKEN: 'tw', TWINKLE_SERVER_URL: 'http://t' }),
    ).toMatchObject({
      apiKey: 'tw',
      baseUrl: 'http://t',
    })
    expect(configFromEnvironment({ MODELSCOPE_TOKEN: 'ms', TINKER_API_KEY: 'tml' }).apiKey).toBe('tml')
    expect(configFromEnvironment({}, { apiKey: undefined as never })).toEqual({
      telemetry: true,
      baseUrl: HOSTED_URL,
      headers: {},
    })
  })

  test('and options that are doubtful are said to be', async () => {
    expect(doubtsOf({ baseUrl: 'http://gpu.example:8000', apiKey: 'k' })).toEqual([
      expect.stringContaining('gpu.example') as string,
    ])
    for (const baseUrl of [
      'http://localhost:1',
      'http://127.0.0.1',
      'http://192.168.1.7:80',
      'https://gpu.example',
      '/relay',
    ])
      expect(doubtsOf({ baseUrl, apiKey: 'k' }), baseUrl).toEqual([])
    expect(doubtsOf({ baseUrl: 'http://gpu.example' })).toEqual([])
  })
})

test('a log of events has a line for each of its level, without the key, until it is stopped', async () => {
  const peer = await startPeer({ key: 'tml-secret' })
  const lines: [LogLevel, string][] = []
  const service = clientOf(peer, { apiKey: 'tml-secret' })
  const stop = logEvents(service.events, { level: 'debug', write: (line, level) => lines.push([level, line]) })
  peer.fault('get_server_capabilities', { status: 503, body: '{"detail":"wait for tml-secret"}' })
  await service.getServerCapabilities()
  expect(lines.filter(([level]) => level === 'warning').map(([, line]) => line)).toEqual([
    expect.stringMatching(/503: wait for …; again in 0\.0 s, for \d+ s at most$/) as string,
  ])
  expect(lines.map(([, line]) => line).join('\n')).not.toContain('tml-secret')
  expect(lines[0]![1]).toContain('→ POST client/config')
  stop()
  const { length } = lines
  await service.getServerCapabilities()
  expect(lines).toHaveLength(length)
})

describe('metrics', () => {
  test('have the percentiles of the vectors', () => {
    for (const { input, expected } of vectorsOf<{ samples: number[] | string }, object>('metrics_service')) {
      const samples = Array.isArray(input.samples) ? input.samples : Array.from({ length: 100 }, (_, i) => i + 1)
      expect(distributionOf(Float64Array.from(samples).toReversed())).toEqual(expected)
    }
  })

  test('count what a client does', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    const metrics = new Metrics()
    const stop = meterEvents(service.events, metrics)
    peer.fault('get_server_capabilities', { status: 503 }, { drop: 'before' }, { status: 422 })
    await failureOfRejection(service.getServerCapabilities())
    stop()
    await service.getServerCapabilities()
    const { counters, histograms } = metrics.snapshot()
    expect(counters).toMatchObject({
      'http.200': 1,
      'http.503': 1,
      'http.422': 1,
      'http.offline': 1,
      retries: 2,
      'failed.rejected': 1,
    })
    expect(histograms['http.ms']!.count).toBe(3)
    metrics.reset()
    expect(metrics.snapshot()).toEqual({ counters: {}, gauges: {}, histograms: {} })
  })
})

describe('errors', () => {
  test('have the official names by status and by kind', () => {
    const [vector] = vectorsOf<number[], Record<string, string>>('error_class')
    expect(Object.fromEntries(vector!.input.map((status) => [status, errorClassOfStatus(status)]))).toEqual(
      vector!.expected,
    )
    const names = (['offline', 'timeout', 'aborted'] as const).map((kind) =>
      errorClassOf({ kind, by: 'caller', message: '' } as Failure),
    )
    expect(names).toEqual(['APIConnectionError', 'APITimeoutError', 'TinkerError'])
    expect(errorClassOf({ kind: 'failed', category: 'user', message: '', status: 400 })).toBe('RequestFailedError')
  })

  test('are the user’s as the official client counts', () => {
    const vectors = vectorsOf<(number | string)[] | { cause: { status: number } }, boolean[] | boolean>('user_error')
    for (const { input, expected } of vectors)
      if (!Array.isArray(input)) expect(isUserError(new Error('x', { cause: input.cause }))).toBe(expected)
      else
        expect(
          input.map((v) =>
            typeof v === 'number'
              ? isUserError({ status: v })
              : isUserError(new TinkerError({ kind: 'failed', category: v as 'user', message: '', status: 400 })),
          ),
        ).toEqual(expected)
  })
})
