/** Small random Qwen3 folders as transformers saves them: the same log-probabilities and continuations. models/folders.py makes them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadEngine } from '#src/backend/engine/index.ts'
import { relaxedSimdRuns } from '#src/backend/engine/kernels/kernels.ts'
import { enableRelaxedSimd } from '#src/backend/engine/nodeShards.ts'
import type { AdapterId, Engine } from '#src/backend/engine/index.ts'

type Computed = {
  sequences: { ids: number[]; logprobs: number[] }[]
  greedy: { prompt: number[]; continuation: number[]; smallest_margin: number }[]
}

enableRelaxedSimd()

const folders = fileURLToPath(new URL('./folders/', import.meta.url))
const read = (path: string): unknown => JSON.parse(readFileSync(folders + path, 'utf8'))
const expected = read('expected.json') as Record<string, Computed>

async function compare(engine: Engine, id: AdapterId | null, { sequences, greedy }: Computed): Promise<void> {
  for (const { ids, logprobs } of sequences) {
    const got = await engine.promptLogprobs(id, Int32Array.from(ids))
    const worst = Math.max(...logprobs.map((x, i) => Math.abs(x - got[i + 1]!)))
    expect(worst, `${ids.length} tokens`).toBeLessThan(1e-4)
  }
  for (const { prompt, continuation, smallest_margin: margin } of greedy) {
    // Where the two best are nearer than this, engines may differ.
    expect(margin).toBeGreaterThan(1e-3)
    const params = { maxTokens: continuation.length, temperature: 0, topP: 1, topK: -1 }
    const none = { stopTokens: [], stopSequences: [] }
    const [sample] = await engine.sample(id, Int32Array.from(prompt), 1, { ...params, ...none })
    expect([...sample!.tokens]).toEqual(continuation)
  }
}

describe.each(['strict', 'auto'] as const)('with %s arithmetic', (simd) => {
  test.each(Object.keys(expected))('%s', async (name) => {
    const weights = readFileSync(`${folders}${name}/model.safetensors`)
    const engine = await loadEngine({ config: read(`${name}/config.json`), weights }, { simd })
    expect(engine.info.simd).toBe(simd === 'auto' && relaxedSimdRuns() ? 'relaxed' : 'strict')
    await compare(engine, null, expected[name]!)
    engine.close()
  })
})
