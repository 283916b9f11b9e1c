/** Reads recorded bodies through `decode.py`: the official schema, not ours, says what was sent. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PEERS } from '../support/folders.mjs'

export function startDecoder(python) {
  const child = spawn(python, [join(PEERS, 'oracle', 'decode.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`decode.py ended with ${code}`))
  })
  return {
    /** `{ body, plain }`: what the bytes say, and the bytes without compression where there was any. */
    decode(bytes, headers) {
      const asked = {
        type: headers['content-type'] ?? '',
        encoding: headers['content-encoding'] ?? '',
        data: bytes.toString('base64'),
      }
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify(asked)}\n`)
      })
    },
    stop: () => child.stdin.end(),
  }
}
