import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileOf, shortLesson, tunegraph } from './testing/command.ts'

type Summary = {
  readonly ok: boolean
  readonly stages: readonly {
    readonly id: string
    readonly status: string
    readonly steps: number
    readonly last: number | null
    readonly because?: readonly Record<string, unknown>[]
  }[]
  readonly evaluations: readonly { readonly policy: string; readonly score: number }[]
}

async function run(data: string, changes: Parameters<typeof shortLesson>[0], ...more: string[]): Promise<Summary> {
  const { json, err } = await tunegraph('run', fileOf(shortLesson(changes)), '--json', '--data', data, ...more)
  expect((json as Summary).ok, err).toBe(true)
  return json as Summary
}

const statuses = (summary: Summary): string[] => summary.stages.map((stage) => stage.status)

test(
  'a second run takes over what has not changed, and names the field that forces the rest',
  { timeout: 180_000 },
  async () => {
    const data = mkdtempSync(join(tmpdir(), 'tunegraph-data-'))
    const first = await run(data, {})
    expect(statuses(first)).toEqual(['finished', 'finished', 'finished'])

    const again = await run(data, {})
    expect(statuses(again)).toEqual(['reused', 'reused', 'reused'])
    expect(again.evaluations).toEqual(first.evaluations)
    expect(again.stages.map((s) => [s.steps, s.last])).toEqual(first.stages.map((s) => [s.steps, s.last]))

    const changed = await run(data, { rl: { learningRate: 2e-5 } })
    expect(statuses(changed)).toEqual(['reused', 'finished', 'finished'])
    const cause = { type: 'changed', node: 'rl', field: 'learningRate', new: 2e-5, stage: 'rl' }
    expect(changed.stages[1]!.because).toEqual([expect.objectContaining(cause)])
    expect(changed.stages[1]!.because![0]!['old']).not.toBe(2e-5)
    // The evaluation has the same settings; what it measures is another policy.
    expect(changed.stages[2]!.because).toEqual([expect.objectContaining(cause)])

    // Back to the first settings: all of it has run before, though not in the newest run.
    expect(statuses(await run(data, {}))).toEqual(['reused', 'reused', 'reused'])

    const alone = await run(data, {}, '--only', 'rl')
    expect(alone.stages.map((s) => [s.id, s.status])).toEqual([
      ['sft', 'reused'],
      ['rl', 'finished'],
    ])
    expect(alone.stages[1]!.because).toEqual([expect.objectContaining({ type: 'asked' })])
    expect((await run(data, {}, '--to', 'sft')).stages.map((s) => s.id)).toEqual(['sft'])
    expect(statuses(await run(data, {}, '--from', 'prompts'))).toEqual(['reused', 'finished', 'finished'])
    expect(statuses(await run(data, {}, '--fresh', '--to', 'sft'))).toEqual(['finished'])
  },
)

test('a save that is gone is made again, with that as the reason', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-data-'))
  await run(data, {}, '--to', 'sft')
  for (const name of readdirSync(data)) if (name !== 'runs') rmSync(join(data, name), { recursive: true })
  const again = await run(data, {}, '--to', 'sft')
  expect(again.stages).toMatchObject([{ status: 'finished', because: [{ type: 'gone', node: 'sft' }] }])
})

test('a run stops at its budget with its state saved, and says so', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-data-'))
  const file = fileOf(shortLesson({ sft: { epochs: 50 } }))
  const { code, json, err } = await tunegraph('run', file, '--json', '--data', data, '--max-tokens', '500')
  expect(code).not.toBe(0)
  // What it will come to is known beforehand.
  expect(err).toMatch(/warning CM3773: .* at least .* tokens, more than the budget of 500 tokens/)
  expect(json).toMatchObject({ problem: { code: 'TR5010' }, stages: [{ status: 'stopped' }, { status: 'queued' }, {}] })
})

test('says 2 for a node that is not in the plan', async () => {
  const { code, err } = await tunegraph('run', fileOf(shortLesson()), '--to', 'nobody')
  expect([code, err]).toEqual([2, expect.stringContaining('nobody')])
})

test('a plan says before a run what it takes over, and why not the rest', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-data-'))
  const plan = async (rate: number): Promise<string> =>
    (await tunegraph('plan', fileOf(shortLesson({ sft: { learningRate: rate } })), '--data', data)).out
  expect(await plan(1e-3)).toMatch(/\+ sft {7}Teach[^]*16 rows, 2 steps[^]*3 to run, 0 to run again, 0 taken over/)
  await run(data, { sft: { learningRate: 1e-3 } }, '--to', 'sft')
  expect(await plan(1e-3)).toMatch(/= sft {7}Teach[^]*2 to run, 0 to run again, 1 taken over/)
  expect(await plan(2e-3)).toContain('because sft › learningRate: 0.001 → 0.002')
})
