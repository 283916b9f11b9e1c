/** A server of the product that a test starts for itself, with everything it says. */
import { spawn } from 'node:child_process'

export type OwnServer = {
  readonly url: string
  /** All output so far. */
  readonly said: () => string
  stop(): Promise<void>
}

/** Starts `tunegraph …` and waits until it has named its address. */
export async function startServer(args: readonly string[]): Promise<OwnServer> {
  const child = spawn(process.execPath, ['bin/tunegraph.mjs', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (part: Buffer): void => {
      said += part.toString('utf8')
      const named = /http:\/\/[\w.]+:\d+/.exec(said)?.[0]
      if (named !== undefined) resolve(named)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => reject(new Error(`tunegraph ${args.join(' ')} ended at once: ${said}`)))
  })
  return {
    url,
    said: () => said,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
