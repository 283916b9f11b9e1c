/** Installs TuFT from PyPI and runs it in its test mode for machines without a GPU: a small linear trainer, a counting sampler. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { environment, TUFT } from '../support/python.mjs'
import { running } from '../support/serve.mjs'

export const VERSION = TUFT.slice('tuft-'.length)
export const MODEL = 'Local/tiny-qwen3'
export const KEYS = { alice: 'tml-alice-key', bob: 'tml-bob-key' }

/** vLLM and Ray, which it names too, are loaded for GPUs only. */
const NEEDS = [
  ...[
    'fastapi>=0.133,<0.137',
    'httpx',
    'numpy',
    'tinker>=0.25,<0.26',
    'protobuf',
    'typer',
    'uvicorn[standard]',
    'omegaconf',
  ],
  ...['transformers>=5.5.3,<6', 'torch==2.11.0', 'peft==0.20.0', 'accelerate', 'packaging', 'zstandard', 'psutil'],
  ...['nvidia-ml-py', 'opentelemetry-api', 'opentelemetry-sdk', 'opentelemetry-exporter-otlp'],
  ...['opentelemetry-instrumentation-fastapi', 'opentelemetry-instrumentation-logging'],
]
const START_LIMIT_MS = 180_000

/** The interpreter, or null when it cannot be installed. About 5 GB, most of it PyTorch. */
export function tuftPython() {
  return environment(TUFT, [['--no-deps', `tuft==${VERSION}`], NEEDS])
}

/** Starts it over a folder; `port` 0 takes a free one. What it knows is kept in files, so that it can be started again. */
export async function startTuft(python, folder, port = 0) {
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'tuft.json')
  // YAML reads JSON.
  writeFileSync(
    config,
    JSON.stringify({
      checkpoint_dir: join(folder, 'checkpoints'),
      model_owner: 'alice',
      supported_models: [
        {
          model_name: MODEL, // It knows the layers of a series by the name of the folder, which it does not open in this mode.
          model_path: join(folder, 'Qwen3-tiny'),
          max_model_len: 4096,
        },
      ],
      authorized_users: Object.fromEntries(Object.entries(KEYS).map(([user, key]) => [key, user])),
      persistence: { mode: 'FILE', file_path: join(folder, 'state.json') },
      telemetry: { enabled: false },
    }),
  )
  const at = port === 0 ? await freePort() : port
  const args = ['-m', 'tuft', 'launch', '--host', '127.0.0.1', '--port', String(at), '--config', config]
  const env = {
    ...process.env,
    TUFT_CPU_TEST: '1',
    TUFT_HOME: folder,
    HOME: folder,
    PATH: `${dirname(python)}:${process.env.PATH}`,
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const child = spawn(python, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const server = running(child)
  const last = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line)
    if (last.length > 8) last.shift()
  })
  const url = `http://127.0.0.1:${at}`
  try {
    await answers(url, server.gone)
  } catch (error) {
    await server.kill()
    throw new Error(`TuFT ${error.message}: ${last.join(' | ')}`)
  }
  return { url, port: at, ...server }
}

/** Its sampler's mock silences the line that would tell the address, so its health is asked for. */
async function answers(url, gone) {
  let ended = false
  void gone.then(() => (ended = true))
  for (const from = Date.now(); Date.now() - from < START_LIMIT_MS;) {
    if (ended) throw new Error('ended before it listened')
    const healthy = await fetch(`${url}/api/v1/healthz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('did not listen in time')
}

function freePort() {
  const probe = createServer()
  return new Promise((resolve, reject) => {
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
