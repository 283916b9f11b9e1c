import { mkdtemp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from './httpServer.ts'
import { readModelFolder } from './modelFolder.ts'
import { openNodeBackend } from './nodeBackend.ts'
import { requestLog } from './requestLog.ts'
import { run } from './serveCommand.ts'
import type { EmbeddedBackend } from '#src/backend/index.ts'
import type { RunningServer } from './httpServer.ts'

let backend: EmbeddedBackend
let server: RunningServer
const lines: string[] = []

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tunegraph-data-'))
  backend = await openNodeBackend({ dataDir, shards: 0, apiKey: 'tml-test-key' })
  server = await listen(
    requestLog(true, (line) => lines.push(line)).around((request) => backend.fetch(request)),
    '127.0.0.1',
    0,
  )
})
afterAll(async () => {
  await Promise.all([backend.close(), server.stop(100)])
})

const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const headers = { 'x-api-key': 'tml-test-key', 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, length: answer.headers.get('content-length'), ...((await answer.json()) as object) }
}
const settled = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const { request_id } = await post(path, body)
  for (;;) {
    const answer = await post('retrieve_future', { request_id })
    if (answer['type'] !== 'try_again') return answer
  }
}

describe('the server over HTTP with the tiny model', () => {
  test('trains and samples, and 400s carry a length', async () => {
    const { session_id } = await post('create_session', {})
    const lora_config = { rank: 4, seed: 1 }
    const { model_id } = await settled('create_model', {
      session_id,
      model_seq_id: 0,
      base_model: 'tunegraph/tiny-1m',
      lora_config,
    })
    const tokens = [...new TextEncoder().encode('over the wire')]
    const datum = {
      model_input: { chunks: [{ tokens: tokens.slice(0, -1) }] },
      loss_fn_inputs: { target_tokens: { data: tokens.slice(1), dtype: 'int64' } },
    }
    const losses: number[] = []
    for (let seq = 1; seq < 8; seq += 2) {
      const forward_backward_input = { data: [datum], loss_fn: 'cross_entropy' }
      const result = await settled('forward_backward', { model_id, seq_id: seq, forward_backward_input })
      losses.push((result['metrics'] as Record<string, number>)['loss:sum']!)
      await settled('optim_step', { model_id, seq_id: seq + 1, adam_params: { learning_rate: 0.01 } })
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7)
    const bad = await post('optim_step', {})
    expect(bad['status']).toBe(400)
    expect(Number(bad['length'])).toBeGreaterThan(20)
  })

  test('logs every request as a line of JSON without the key, queries or bodies', async () => {
    await fetch(`${server.url}/api/v1/checkpoints?limit=3&key=tml-test-key`, { headers: { 'x-api-key': 'wrong-key' } })
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(records.at(-1)).toMatchObject({ event: 'request', method: 'GET', path: '/api/v1/checkpoints', status: 401 })
    expect(lines.join('')).not.toMatch(/tml-test-key|wrong-key|over the wire/)
  })
})

describe('a model folder', () => {
  test('that is none is refused with a sentence', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'tunegraph-model-'))
    await expect(readModelFolder(empty)).rejects.toThrow(/has no config\.json/)
    await expect(readModelFolder(join(empty, 'none'))).rejects.toThrow(/there is no folder/)
    await mkdir(join(empty, 'x y'))
    await expect(readModelFolder(join(empty, 'x y'))).rejects.toThrow(/OWNER\/NAME/)
  })
})

describe('serve', () => {
  test.each([[['--port', 'x']], [['--fail-rate', '2']], [['--nonsense']], [['extra']]])(
    'refuses %j with exit code 2',
    async (args) => {
      expect(await run(args)).toBe(2)
    },
  )

  test('ends with 1 when the model cannot be read or the port is taken', async () => {
    expect(await run(['--model', '/no/such/folder', '--port', '0', '--json'])).toBe(1)
    expect(
      await run([
        '--port',
        String(server.port),
        '--shards',
        '0',
        '--data',
        await mkdtemp(join(tmpdir(), 'tunegraph-')),
      ]),
    ).toBe(1)
  })
})
