/** What a run of the bench needs: our client as one plain module, the instant server's answers, the SDK in Python. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { encodeForwardBackwardOutputJson } from '#src/tinker/wire/forwardBackward.ts'
import { stringifyJson } from '#src/tinker/wire/json.ts'
import { encodeForwardBackwardOutputProto } from '#src/tinker/wire/protoForwardBackwardOutput.ts'
import { encodeSampleResultProto } from '#src/tinker/wire/protoSample.ts'
import { encodeSampleResultJson } from '#src/tinker/wire/sample.ts'
import { float32Tensor } from '#src/tinker/wire/tensorData.ts'
import type { ForwardBackwardOutput } from '#src/tinker/wire/forwardBackward.ts'
import type { SampleResult } from '#src/tinker/wire/sample.ts'

/** Tokens of a sampled answer. */
const ANSWER = 64

export async function bundleClient(root: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, 'src/tinker/index.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'tinker.mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  })
  return join(folder, 'tinker.mjs')
}

export async function writeAnswers(folder: string, datums: number, length: number): Promise<string> {
  const output: ForwardBackwardOutput = {
    lossFnOutputType: 'ArrayRecord',
    lossFnOutputs: Array.from({ length: datums }, (_, d) => ({
      logprobs: float32Tensor(Float32Array.from({ length }, (_v, i) => -((i + d) % 97) / 16)),
    })),
    metrics: { 'loss:sum': 1234.5 },
  }
  const sample: SampleResult = {
    sequences: [
      {
        tokens: Int32Array.from({ length: ANSWER }, (_, i) => i * 31),
        logprobs: Float32Array.from({ length: ANSWER }, (_, i) => -i / 8),
        stopReason: 'length',
      },
    ],
    promptLogprobs: null,
    topkPromptLogprobs: null,
    promptCacheHitTokens: 0,
  }
  const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')
  const file = join(folder, 'answers.json')
  await writeFile(
    file,
    JSON.stringify({
      forwardBackward: {
        json: base64(stringifyJson(encodeForwardBackwardOutputJson(output))),
        proto: base64(encodeForwardBackwardOutputProto(output)),
      },
      sample: {
        json: base64(stringifyJson(encodeSampleResultJson(sample))),
        proto: base64(encodeSampleResultProto(sample)),
      },
    }),
  )
  return file
}

/** Python of a virtual environment with that SDK, shared with `npm run test:peers`; null when it cannot be had. */
export async function preparePython(
  root: string,
  version: string,
  log: (line: string) => void,
): Promise<string | null> {
  const folder = join(root, '.cache', 'peers', version)
  const python = join(folder, 'bin', 'python')
  if (existsSync(join(folder, 'ready'))) return python
  log(`installing tinker ${version} into .cache/peers/${version} …`)
  await mkdir(folder, { recursive: true })
  for (const [command, args] of [
    ['python3', ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `tinker==${version}`]],
  ] as const) {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    if (status !== 0) return null
  }
  await writeFile(join(folder, 'ready'), '')
  return python
}
