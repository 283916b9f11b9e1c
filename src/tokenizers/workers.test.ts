/** One copy of a tokenizer in each of four threads: what they say at once is what one says alone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { loadTokenizer } from './loadTokenizer.ts'
import type { Rolldown } from 'vite'

const THREADS = 4
const ROUNDS = 5

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/tokenizers/${name}.json`, import.meta.url), 'utf8'))
const { tokenizer, config } = read('qwen3') as { tokenizer: unknown; config: unknown }
const files = { tokenizer: JSON.stringify(tokenizer), config: JSON.stringify(config) }
const texts = read('texts') as readonly string[]

/** Loads, says that it is ready, and encodes all texts in an order of its own when it is told to. */
const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads'
  import { loadTokenizer } from '${new URL('./loadTokenizer.ts', import.meta.url).pathname}'
  const { files, texts, rounds, from } = workerData
  const { value } = loadTokenizer(files)
  parentPort.once('message', () => {
    const ids = []
    for (let round = 0; round < rounds; round++)
      for (let i = 0; i < texts.length; i++) ids[(from + i) % texts.length] = value.encode(texts[(from + i) % texts.length])
    parentPort.postMessage({ ids, decoded: ids.map((row) => value.decode(row)) })
  })
  parentPort.postMessage('ready')`

test('four threads at once give what one gives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-threads-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [entry, script] = [join(folder, 'entry.js'), join(folder, 'thread.mjs')]
  await writeFile(entry, THREAD)
  const built = (await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true },
    build: { write: false, ssr: entry, rolldownOptions: { output: { codeSplitting: false } } },
  })) as Rolldown.RolldownOutput
  await writeFile(script, built.output[0].code)

  const workers = Array.from({ length: THREADS }, (_, i) => {
    const workerData = { files, texts, rounds: ROUNDS, from: i * 41 }
    return new Worker(script, { workerData })
  })
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.terminate()))))
  await Promise.all(workers.map(nextMessage))
  const answers = workers.map(nextMessage)
  for (const worker of workers) worker.postMessage('go')

  const alone = loadTokenizer(files)
  if (!alone.ok) throw new Error(alone.error.message)
  const ids = texts.map((text) => alone.value.encode(text))
  const decoded = ids.map((row) => alone.value.decode(row))
  for (const answer of await Promise.all(answers)) expect(answer).toEqual({ ids, decoded })
}, 60_000)

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
