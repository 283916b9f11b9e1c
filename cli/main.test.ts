import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileOf, shortLesson, tunegraph } from './testing/command.ts'

describe('the command line', () => {
  test('explains itself, and says 2 when it is not understood', async () => {
    expect(await tunegraph('--help')).toMatchObject({ code: 0, out: expect.stringContaining('compile') })
    expect(await tunegraph('run', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--seed') })
    const wrong = [[], ['fly'], ['run'], ['run', 'a', 'b'], ['run', 'a', '--fast'], ['run', 'a', '--seed', 'x']]
    for (const args of [...wrong, ['compile', 'a', '--backend', 'host'], ['run', 'no-such-file.json', '--json']]) {
      const { code, err } = await tunegraph(...args)
      expect([args.join(' '), code, err.length > 20]).toEqual([args.join(' '), 2, true])
    }
  })

  test('does not take a property of objects for a command', async () => {
    expect((await tunegraph('constructor')).code).toBe(2)
  })
})

describe('compile', () => {
  test('prints the plan of a sound document', async () => {
    const file = fileOf(shortLesson())
    const json = (await tunegraph('compile', file, '--json')).json
    expect(json).toMatchObject({
      ok: true,
      plan: { title: 'Short lesson', stages: [{ id: 'sft' }, { id: 'rl' }, { id: 'compare' }] },
    })
    expect(await tunegraph('compile', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Teach: 16 rows, 2 steps'),
    })
  })

  test('says in words what is wrong with a price table', async () => {
    const lesson = fileOf(shortLesson())
    const told = async (prices: string): Promise<string> => (await tunegraph('compile', lesson, '--prices', prices)).err
    expect(await told('no-such-prices.json')).toBe('no-such-prices.json cannot be read.\n')
    expect(await told(fileOf('{nope', 'prices.json'))).toContain('is no JSON')
    expect(await told(fileOf('{"asOf":"soon"}', 'prices.json'))).toContain('must be a day like 2026-10-07')
  })

  test('gives one seed to every node that has one', async () => {
    const { json } = await tunegraph('compile', fileOf(shortLesson()), '--seed', '42', '--json')
    const { stages } = (
      json as { plan: { stages: { hyperparameters?: { seed: number }; model?: { seed: number } }[] } }
    ).plan
    expect(stages.slice(0, 2).flatMap((s) => [s.hyperparameters!.seed, s.model!.seed])).toEqual([42, 42, 42, 42])
  })

  test('says 3 and names the problems of a document that cannot run', async () => {
    const few = await tunegraph('compile', fileOf(shortLesson({ sft: { batchSize: 17 } })), '--json')
    expect(few.code).toBe(3)
    expect(few.json).toMatchObject({ ok: false, plan: null })
    expect(JSON.stringify(few.json)).toContain('CM3501')
    const missing = await tunegraph('compile', fileOf(shortLesson({ sftSet: 'no-such-set' })))
    expect([missing.code, missing.err]).toEqual([3, expect.stringContaining('no-such-set')])
    // A config of another trainer that has no equivalent: the reason once, and JSON for programs.
    const dpo = fileOf('base_model: m\nrl: dpo\nadapter: lora\n', 'dpo.yaml')
    for (const command of ['plan', 'compile']) {
      const told = await tunegraph(command, dpo)
      expect([told.code, told.err.match(/no trainer here/g)]).toEqual([3, ['no trainer here']])
      const { json } = await tunegraph(command, dpo, '--json')
      expect(json).toMatchObject({ ok: false, plan: null, diagnostics: [{ code: 'IC9003' }] })
    }
    for (const text of ['{', '[]', '"graph"']) expect((await tunegraph('compile', fileOf(text))).code).toBe(3)
  })
})

describe('run', () => {
  test('ends with one JSON object about every stage and score', async () => {
    const data = mkdtempSync(join(tmpdir(), 'tunegraph-data-'))
    const { code, json, err } = await tunegraph('run', fileOf(shortLesson()), '--json', '--data', data)
    expect([code, json]).toEqual([
      0,
      {
        ok: true,
        seconds: expect.any(Number),
        stages: [
          {
            id: 'sft',
            title: 'Teach',
            mode: 'sft',
            status: 'finished',
            steps: 2,
            first: expect.any(Number),
            last: expect.any(Number),
          },
          {
            id: 'rl',
            title: 'Reward',
            mode: 'rl',
            status: 'finished',
            steps: 2,
            first: expect.any(Number),
            last: expect.any(Number),
          },
          { id: 'compare', title: 'Compare', mode: 'evaluate', status: 'finished', steps: 2, first: null, last: null },
        ],
        evaluations: ['Base', 'Reward'].map((policy) => ({
          title: 'Compare',
          policy,
          score: expect.any(Number),
          n: 4,
          low: expect.any(Number),
          high: expect.any(Number),
        })),
      },
    ])
    expect(err).toContain('Teach: done after 2 steps')
    expect(readdirSync(data).length).toBeGreaterThan(0)
  })

  test('repeats its numbers exactly', async () => {
    const file = fileOf(shortLesson())
    const numbers = async (): Promise<unknown> => ({
      ...((await tunegraph('run', file, '--json')).json as object),
      seconds: 0,
    })
    expect(await numbers()).toEqual(await numbers())
  })

  test('says 1 when a stage fails, with the cause', async () => {
    const { code, json } = await tunegraph('run', fileOf(shortLesson({ reward: { maxLength: 1000 } })), '--json')
    expect(code).toBe(1)
    expect(json).toMatchObject({
      ok: false,
      problem: { code: 'TR5002' },
      stages: [{ status: 'finished' }, { status: 'failed' }, { status: 'queued' }],
    })
  })

  test('says 1 when the server cannot be reached', async () => {
    const { code, err } = await tunegraph('run', fileOf(shortLesson()), '--backend', 'http://127.0.0.1:9')
    expect([code, err.length > 20]).toEqual([1, true])
  })

  test('stops cleanly at Ctrl-C and says 130', async () => {
    const running = tunegraph('run', fileOf(shortLesson({ sft: { epochs: 1000 } })), '--json')
    const interrupt = setInterval(() => process.listenerCount('SIGINT') > 0 && process.emit('SIGINT'), 1500)
    const first = await running.finally(() => clearInterval(interrupt))
    expect(first.code).toBe(130)
    expect(first.json).toMatchObject({
      ok: false,
      stages: [{ status: 'stopped' }, { status: 'queued' }, { status: 'queued' }],
    })
  })
})
