/** Credentials from commands and files, proxies, and that nothing is left running after a close. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { configForNode, credentialFromCommand, storedKey } from './credentials.ts'
import { clientOf, datum, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'credentials.json')
  await writeFile(path, text)
  return path
}

const STORED = JSON.stringify({
  version: 1,
  default: 'b',
  keys: { a: { type: 'manual', key: 'tml-a', name: 'A' }, b: { type: 'manual', key: 'tml-b', name: 'B' } },
})

describe('the stored key', () => {
  test('is the default one', async () => {
    expect(await storedKey(await fileWith(STORED))).toBe('tml-b')
  })

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"default":"x","keys":{}}',
    '{"keys":{"a":{"key":"k"}}}',
    '{"default":"a","keys":{"a":{"key":1}}}',
  ])('is none in %s', async (text) => expect(await storedKey(await fileWith(text))).toBeUndefined())

  test('is none without a file', async () => {
    expect(await storedKey('/nowhere/at/all.json')).toBeUndefined()
  })
})

describe('a command', () => {
  test('prints a credential for every request that needs one', async () => {
    const peer = await startPeer({ key: 'from-command' })
    const getCredential = credentialFromCommand('echo "  from-command "')
    await clientOf(peer, { apiKey: '', getCredential }).getServerCapabilities()
    expect(peer.seen).toHaveLength(2)
  })

  test.each([
    ['echo', /printed nothing/],
    ['exit 3', /ended with 3/],
    [`echo h.${part({ exp: 1 })}.s`.replace('h.', 'eyJ.'), /expired/],
  ])('that is no good says why: %s', async (command, words) => {
    await expect(credentialFromCommand(command)()).rejects.toThrow(words)
  })

  test('that fails does not show what it printed', async () => {
    const error = await credentialFromCommand('echo tml-hidden; echo tml-hidden >&2; exit 1')().catch(String)
    expect(error).not.toContain('tml-hidden')
  })
})

test('a program’s configuration takes the first source that has something', async () => {
  const path = await fileWith(STORED)
  expect((await configForNode({ apiKey: 'mine' }, { TINKER_API_KEY: 'tml-env' }, path)).apiKey).toBe('mine')
  expect((await configForNode({}, { TINKER_API_KEY: 'tml-env' }, path)).apiKey).toBe('tml-env')
  const byCommand = await configForNode({}, { TINKER_CREDENTIAL_CMD: 'echo tml-cmd' }, path)
  expect([byCommand.apiKey, await byCommand.getCredential!()]).toEqual([undefined, 'tml-cmd'])
  expect((await configForNode({}, {}, path)).apiKey).toBe('tml-b')
  expect((await configForNode({}, {}, '/nowhere.json')).apiKey).toBeUndefined()
  const env = { https_proxy: 'http://proxy.test:3128', http_proxy: 'http://proxy.test:3128' }
  const fetch = (): Promise<Response> => Promise.reject(new Error('own'))
  expect((await configForNode({}, env, path)).fetch).toBeTypeOf('function')
  expect((await configForNode({ fetch }, env, path)).fetch).toBe(fetch)
  expect((await configForNode({ baseUrl: 'http://127.0.0.1:8000' }, env, path)).fetch).toBeUndefined()
})

describe('after the close', () => {
  /** Timers that would keep a process from ending, or fire later. */
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  test('no timer is left, whatever was going on', async () => {
    const peer = await startPeer({ flags: { proto_compress_fwdbwd: true } })
    const before = timers()
    const service = clientOf(peer, { telemetry: true, tuning: { backpressureMs: [60_000, 60_000] } })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    peer.fault('asample', { status: 429 })
    peer.fault('optim_step', { status: 503, headers: { 'retry-after': '15' } })
    // Every poll is held, also those of samples that were under way before the first 429: nothing may end before the close.
    peer.fault('retrieve_future', ...Array.from({ length: 50 }, () => ({ delayMs: 50_000 })))
    const pending = [
      training.forwardBackward([datum(1, 2)], 'cross_entropy').result(),
      training.optimStep().result(),
      ...Array.from({ length: 20 }, () => sampler.sample({ prompt: Int32Array.of(1) }).result()),
    ].map(failureOfRejection)
    await until(() => peer.requests('asample').length > 0 && peer.requests('optim_step').length > 0)
    const from = performance.now()
    await service.close()
    const kinds = (await Promise.all(pending)).map(({ kind }) => kind)
    expect(new Set(kinds)).toEqual(new Set(['aborted']))
    expect(performance.now() - from).toBeLessThan(1000)
    expect(timers()).toBeLessThanOrEqual(before)
  })

  test('nothing is asked any more', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { heartbeatMs: 5, flagsFloorMs: 5 } })
    await service.createSamplingClient({ baseModel: 'tiny' })
    await until(() => peer.requests('session_heartbeat').length > 1)
    await service.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const { length } = peer.seen
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(peer.seen).toHaveLength(length)
  })
})

const POLLS = 300

test('hundreds of polls under way do not keep a heartbeat waiting', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { tuning: { heartbeatMs: 100 } })
  const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
  peer.fault('retrieve_future', ...Array.from({ length: POLLS }, () => ({ delayMs: 50_000 })))
  let polls = 0
  const beats: number[] = []
  service.events.on('http:start', ({ path }) => void (polls += path === 'retrieve_future' ? 1 : 0))
  service.events.on('http:stop', ({ path, durationMs }) => path === 'session_heartbeat' && beats.push(durationMs))
  const samples = Array.from({ length: POLLS }, () =>
    failureOfRejection(sampler.sample({ prompt: Int32Array.of(1) }).result()),
  )
  await until(() => polls === POLLS)
  // Client and server share a thread here: the burst itself has to be over.
  beats.length = 0
  await until(() => beats.length >= 1)
  beats.length = 0
  await until(() => beats.length >= 3)
  expect(Math.max(...beats)).toBeLessThan(1000)
  await service.close()
  expect(new Set((await Promise.all(samples)).map(({ kind }) => kind))).toEqual(new Set(['aborted']))
}, 90_000)
