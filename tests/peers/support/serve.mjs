/** Starts `tunegraph serve` in a process of its own, or any other server, and ends it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from './folders.mjs'

/** The embedded backend over a folder, on a free port. TUNEGRAPH_BIN names another build of it. `onRecord` is told what it logs. */
export async function startTunegraph(data, { options = [], onRecord = () => undefined } = {}) {
  const program = process.env.TUNEGRAPH_BIN ?? join(ROOT, 'bin', 'tunegraph.mjs')
  const args = [program, 'serve', '--port', '0', '--json', '--data', data, ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const server = running(child)
  const url = await new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = JSON.parse(line)
      onRecord(record)
      if (record.event === 'listening') resolve(record.url)
      if (record.level === 'error') console.error(`  server: ${record.message ?? line}`)
    })
  })
  return { url, ...server }
}

/** `kill` as when the machine loses power: nothing is tidied up. `stop` gives the exit code. */
export function running(child) {
  const gone = new Promise((resolve) => child.on('exit', (code) => resolve(code)))
  const end = (signal) => {
    child.kill(signal)
    return gone
  }
  return { gone, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}
