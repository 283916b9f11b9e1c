/** How soon `tunegraph serve` answers its first request, from the start of its process, in a fresh data folder. */
import { spawn } from 'node:child_process'
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { median, noted } from './timing.ts'
import type { Row } from './timing.ts'

const STARTS = 5
const GOAL_MS = 300

type Start = { wall: number; processor: number | null }

export async function firstAnswer(): Promise<Row[]> {
  const data = await mkdtemp(join(tmpdir(), 'tunegraph-bench-'))
  try {
    // The first one builds the command line if its sources have changed.
    await start(data)
    const starts: Start[] = []
    const bare: number[] = []
    for (let i = 0; i < STARTS; i++) {
      starts.push(await start(data))
      bare.push(await startOfNode())
    }
    const wall = Math.round(median(starts.map((s) => s.wall)))
    const processor = starts.map((s) => s.processor).filter((ms) => ms !== null)
    const row = { name: 'serve: first request answered, ms after start', value: wall, goal: `≤ ${GOAL_MS}` }
    return [
      { ...row, holds: wall <= GOAL_MS },
      noted('serve: a start of Node alone, ms', median(bare)),
      ...(processor.length > 0 ? [noted('serve: processor time until then, ms', median(processor))] : []),
    ]
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

/** The part of a start that no server can save. */
async function startOfNode(): Promise<number> {
  const from = performance.now()
  await new Promise((resolve) => spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }).once('exit', resolve))
  return performance.now() - from
}

async function start(data: string): Promise<Start> {
  const bin = fileURLToPath(new URL('../../bin/tunegraph.mjs', import.meta.url))
  const from = performance.now()
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`serve ended with ${code} before it listened`)))
      const look = (line: string): void => {
        const url = /^Tinker server at (\S+)$/.exec(line)?.[1]
        if (url !== undefined) resolve(url)
      }
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', look)
    })
    const response = await fetch(`${url}/api/v1/healthz`)
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`serve answered ${response.status}`)
    return { wall: performance.now() - from, processor: await processorMs(child.pid!) }
  } finally {
    child.kill()
    await ended
  }
}

/** User and system time of a process, where /proc tells (Linux, in ticks of 10 ms). */
async function processorMs(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
