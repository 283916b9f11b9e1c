import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunEvent } from '#src/ir/runEvent.ts'
import { fileOf, shortLesson, tunegraph } from './testing/command.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'tunegraph-data-'))

test(
  'a run that its budget stopped goes on where it was, and ends as if nothing had been',
  { timeout: 120_000 },
  async () => {
    const file = fileOf(shortLesson({ sft: { epochs: 10 } }))
    const whole = await tunegraph('run', file, '--json', '--data', folder(), '--to', 'sft')
    const { stages } = whole.json as { stages: readonly { readonly steps: number; readonly last: number }[] }

    const data = folder()
    const again = (...more: string[]): ReturnType<typeof tunegraph> =>
      tunegraph('run', file, '--json', '--data', data, '--to', 'sft', ...more)
    const short = await again('--max-tokens', '2500')
    expect(short.json).toMatchObject({ stages: [{ status: 'stopped' }] })
    expect(short.err).toContain(`To go on: tunegraph run ${file} --data ${data} --resume`)
    const [stopped] = (short.json as typeof whole.json & { stages: readonly { readonly steps: number }[] }).stages
    expect(stopped!.steps).toBeGreaterThan(0)

    // A process that was killed leaves half a line.
    const logs = (): readonly string[] => readdirSync(join(data, 'runs')).filter((name) => name.endsWith('.jsonl'))
    const [log] = logs()
    appendFileSync(join(data, 'runs', log!), '{"type":"met')
    const rest = await again('--resume')
    expect(rest.err).toContain(`goes on after ${stopped!.steps} steps of ${stages[0]!.steps}`)
    expect([rest.code, rest.json]).toMatchObject([0, { stages: [{ status: 'finished', steps: stages[0]!.steps }] }])
    expect(rest.json).toMatchObject({ stages: [{ last: stages[0]!.last }] })
    expect(logs()).toEqual([log])

    // What has finished stands for itself.
    expect((await again()).json).toMatchObject({ stages: [{ status: 'reused' }] })
  },
)

test('says 2 and why when there is nothing to go on with', async () => {
  const data = folder()
  const file = fileOf(shortLesson())
  const refused = async (why: string, ...args: string[]): Promise<void> => {
    const { code, err } = await tunegraph('run', ...args, '--resume')
    expect([code, err]).toEqual([2, expect.stringContaining(why)])
  }
  await refused('--data', file)
  await refused('choose', file, '--data', data, '--fresh')
  await refused('no run of this graph', file, '--data', data)
  const long = fileOf(shortLesson({ sft: { epochs: 10 } }))
  await tunegraph('run', long, '--data', data, '--to', 'sft', '--max-tokens', '500')
  await refused('has changed', file, '--data', data, '--to', 'sft')
  await tunegraph('run', file, '--data', data, '--to', 'sft')
  await refused('has finished', file, '--data', data, '--to', 'sft')
})

test('a run that another process carries out is not taken up until that is gone', { timeout: 120_000 }, async () => {
  const data = folder()
  const file = fileOf(shortLesson({ sft: { epochs: 10 } }))
  const again = (...more: string[]): ReturnType<typeof tunegraph> =>
    tunegraph('run', file, '--json', '--data', data, '--to', 'sft', ...more)
  const runs = join(data, 'runs')
  const files = (): readonly string[] =>
    existsSync(runs)
      ? readdirSync(runs)
          .filter((name) => /\.(jsonl|lock)$/.test(name))
          .sort()
      : []

  // A fresh run holds its log as well, for as long as it goes on.
  const short = again('--max-tokens', '2500')
  await expect
    .poll(files, { timeout: 60_000, interval: 10 })
    .toEqual([expect.stringContaining(`.${process.pid}-`), expect.stringMatching(/\.jsonl$/)])
  expect((await short).json).toMatchObject({ stages: [{ status: 'stopped' }] })
  const [log] = files()
  expect(files()).toEqual([log])

  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const lock = join(runs, `${log!.replace('.jsonl', '')}.${other.pid}-0.lock`)
  writeFileSync(lock, JSON.stringify({ pid: other.pid, host: hostname(), began: null }))
  const before = readFileSync(join(runs, log!), 'utf8')
  const refused = await again('--resume')
  expect([refused.code, refused.json]).toMatchObject([1, { ok: false, diagnostics: expect.any(Array) }])
  expect((refused.json as { readonly diagnostics: readonly Diagnostic[] }).diagnostics.at(-1)).toMatchObject({
    code: 'TR5012',
    data: { pid: other.pid, file: lock },
  })
  expect(refused.err).toContain(`error TR5012: The run is carried out by process ${other.pid} right now`)
  expect(readFileSync(join(runs, log!), 'utf8')).toBe(before)

  const gone = new Promise((resolve) => other.on('exit', resolve))
  other.kill('SIGKILL')
  await gone
  const rest = await again('--resume')
  expect([rest.code, rest.json]).toMatchObject([0, { stages: [{ status: 'finished' }] }])
  expect(files()).toEqual([log])
  const events = readFileSync(join(runs, log!), 'utf8').trim().split('\n')
  expect(events.map((line) => (JSON.parse(line) as RunEvent).seq)).toEqual(events.map((_, i) => i))
})
