/** A program in a process of its own that takes commands as lines of JSON and answers each with a line. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export type Driven = {
  readonly first: Record<string, unknown>
  ask(command: object): Promise<Measured>
  stop(): Promise<void>
}

export type Measured = {
  /** Seconds on the clock, and of processor time of that process. */
  readonly wall: number
  readonly cpu: number
  /** Largest resident memory so far. */
  readonly peakMiB: number
  /** Of each step, ms. */
  readonly took?: readonly number[]
}

export async function drive(command: string, args: readonly string[], cwd: string): Promise<Driven> {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const line = await lines.next()
      if (line.done === true) throw new Error(`${command} ended with ${await ended} without an answer`)
      if (line.value.startsWith('{')) return JSON.parse(line.value) as Record<string, unknown>
    }
  }
  return {
    first: await next(),
    async ask(wanted) {
      child.stdin.write(`${JSON.stringify(wanted)}\n`)
      return (await next()) as unknown as Measured
    },
    async stop() {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), 3000)
      await ended
      clearTimeout(late)
    },
  }
}
