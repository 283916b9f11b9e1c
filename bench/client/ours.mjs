/** Our client under the bench's commands: `node ours.mjs URL BUNDLE`; one JSON command a line in, one JSON answer a line out. */
import { createInterface } from 'node:readline'

const [url, bundle] = process.argv.slice(2)
const { createServiceClient, float32Tensor, int64Tensor, modelInputFromTokens } = await import(bundle)

const service = createServiceClient({ baseUrl: url, apiKey: 'tml-bench' })
const trainer = await service.createLoraTrainingClient({ baseModel: 'bench/instant', rank: 32 })
const sampler = await service.createSamplingClient({ baseModel: 'bench/instant' })

const tokens = (n, shift) => Int32Array.from({ length: n }, (_, i) => (i * 7919 + shift * 104729) % 150_000)

function batch({ datums, length }) {
  return Array.from({ length: datums }, (_, d) => ({
    modelInput: modelInputFromTokens(tokens(length, d)),
    lossFnInputs: {
      target_tokens: int64Tensor(tokens(length, d + 1)),
      weights: float32Tensor(new Float32Array(length).fill(1)),
    },
  }))
}

const step = (data) => [trainer.forwardBackward(data, 'cross_entropy'), trainer.optimStep({ learningRate: 1e-4 })]
const settle = (futures) => Promise.all(futures.map((future) => future.result()))

const commands = {
  /** Steps with the next one submitted before the last one's results are awaited, as training loops do. */
  async train({ count, ...shape }) {
    const data = batch(shape)
    let pending = step(data)
    for (let i = 1; i < count; i++) {
      const next = step(data)
      await settle(pending)
      pending = next
    }
    await settle(pending)
  },
  /** One step after the other; how long each took. */
  async steps({ count, ...shape }) {
    const data = batch(shape)
    const took = []
    for (let i = 0; i < count; i++) {
      const started = performance.now()
      await settle(step(data))
      took.push(performance.now() - started)
    }
    return { took }
  },
  async sample({ count, inFlight, prompt }) {
    const request = { prompt: tokens(prompt, 1), numSamples: 1, params: { maxTokens: 64, temperature: 1 } }
    let begun = 0
    const lane = async () => {
      while (begun++ < count) await sampler.sample(request).result()
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
  },
}

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...options } = JSON.parse(line)
  const cpu = process.cpuUsage()
  const started = performance.now()
  const result = await commands[command](options)
  const wall = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const peakMiB = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ ...result, wall, cpu: (user + system) / 1e6, peakMiB }))
}
await service.close()
