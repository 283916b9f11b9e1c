/** The steps of the conversation: fine-tuning, saving, reinforcement learning from the saved state, sampling, listing. */
import { createServiceClient, failureOf } from '#src/tinker/index.ts'
import { experience, expect, lessons, lossOf, PROMPT } from './facts.ts'
import type { TrainingClient } from '#src/tinker/index.ts'
import type { Step } from './facts.ts'

/** Names of two kinds of weights differ: some servers tell them apart by name only. */
const stamp = Date.now().toString(36)

export const STEPS: readonly Step[] = [
  {
    title: 'handshake',
    needs: [],
    async act(service) {
      const profile = await service.getServerProfile()
      return profile.legacy ? 'no client/config: an older server' : 'flags read'
    },
  },
  {
    title: 'capabilities',
    needs: [],
    async act(service, facts, learned) {
      const { models } = await service.getServerCapabilities()
      const names = models.map(({ name }) => name)
      learned.model ??= names[0]
      if (names.length > 0) expect(names.includes(learned.model!), `offers ${names.join(', ')}, not ${facts.model}`)
      return `${names.length} models, taking ${learned.model}`
    },
  },
  {
    title: 'a wrong key is refused',
    needs: ['key'],
    async act(_service, { url }) {
      const stranger = createServiceClient({ baseUrl: url, apiKey: 'tml-nobody' })
      try {
        await stranger.getServerCapabilities()
        return 'this server lets any key in'
      } catch (error) {
        expect(failureOf(error)?.kind === 'unauthorized', `refused for another reason: ${String(error)}`)
        return `refused (${failureOf(error)?.status})`
      } finally {
        await stranger.close()
      }
    },
  },
  {
    title: 'create a model',
    needs: ['model'],
    async act(service, { model }, learned) {
      learned.pupil = await service.createLoraTrainingClient({ baseModel: model, rank: 8, seed: 1 })
      learned.runId = learned.pupil.modelId
      return learned.pupil.modelId
    },
  },
  {
    title: 'fine-tune: the loss falls',
    needs: ['pupil'],
    act: (_service, { pupil }) => teach(pupil, 12),
  },
  {
    title: 'forward without a gradient',
    needs: ['pupil'],
    async act(_service, { pupil }) {
      const twice = [
        await pupil.forward(lessons(), 'cross_entropy').result(),
        await pupil.forward(lessons(), 'cross_entropy').result(),
      ]
      const [a, b] = twice.map(lossOf) as [number, number]
      expect(Math.abs(a - b) < 1e-3 * Math.max(1, a), `looking changed the model: ${a}, ${b}`)
      return `loss ${a.toFixed(3)}`
    },
  },
  {
    title: 'save state',
    needs: ['pupil'],
    async act(_service, { pupil }, learned) {
      learned.statePath = (await pupil.saveState(`talk-${stamp}-state`).result()).path
      return learned.statePath
    },
  },
  {
    title: 'save weights for sampling',
    needs: ['pupil'],
    async act(_service, { pupil }, learned) {
      learned.samplerPath = (await pupil.saveWeightsForSampler(`talk-${stamp}-weights`).result()).path
      return learned.samplerPath
    },
  },
  {
    title: 'sample from saved weights',
    needs: ['samplerPath', 'model'],
    async act(service, { samplerPath, model }, learned) {
      const sampler = await service.createSamplingClient({ modelPath: samplerPath, baseModel: model })
      const params = { maxTokens: 4, temperature: 1, seed: 1 }
      const answer = await sampler.sample({ prompt: PROMPT, numSamples: 4, params }).result()
      expect(answer.sequences.length === 4, `asked for 4 sequences, got ${answer.sequences.length}`)
      expect(
        answer.sequences.every((s) => s.tokens.length > 0 && s.logprobs !== null),
        'an answer without tokens or logprobs',
      )
      learned.samples = answer.sequences
      return answer.sequences.map(({ tokens }) => `[${tokens.join(' ')}]`).join(' ')
    },
  },
  {
    title: 'sample from the base model',
    needs: ['model'],
    async act(service, { model }) {
      const sampler = await service.createSamplingClient({ baseModel: model })
      const answer = await sampler.sample({ prompt: PROMPT, params: { maxTokens: 4, temperature: 0 } }).result()
      return `[${answer.sequences[0]!.tokens.join(' ')}] ${answer.sequences[0]!.stopReason}`
    },
  },
  {
    title: 'log-probabilities of a prompt',
    needs: ['model'],
    async act(service, { model }) {
      const sampler = await service.createSamplingClient({ baseModel: model })
      const logprobs = await sampler.computeLogprobs(PROMPT).result()
      expect(logprobs.length === PROMPT.length, `${logprobs.length} for ${PROMPT.length} tokens`)
      return Array.from(logprobs, (v) => v.toFixed(2)).join(' ')
    },
  },
  {
    title: 'save and sample at once',
    needs: ['pupil'],
    async act(_service, { pupil }) {
      const sampler = await pupil.saveWeightsAndGetSamplingClient().result()
      const answer = await sampler.sample({ prompt: PROMPT, params: { maxTokens: 4, temperature: 0 } }).result()
      return `[${answer.sequences[0]!.tokens.join(' ')}]`
    },
  },
  {
    title: 'a model from the saved state',
    needs: ['statePath', 'model'],
    async act(service, { statePath, model }, learned) {
      learned.heir = await service.createTrainingClientFromState(statePath, {
        withOptimizer: false,
        baseModel: model,
        rank: 8,
      })
      return learned.heir.modelId
    },
  },
  {
    title: 'reinforcement learning from it',
    needs: ['heir', 'samples'],
    async act(_service, { heir, samples }) {
      const data = samples.map((sample, i) => experience(PROMPT, sample, i % 2 === 0 ? 1 : -1))
      const output = await heir.forwardBackward(data, 'importance_sampling').result()
      await heir.optimStep({ learningRate: 1e-4 }).result()
      expect(
        output.lossFnOutputs.length === data.length,
        `${output.lossFnOutputs.length} outputs for ${data.length} data`,
      )
      return `loss ${lossOf(output).toFixed(3)} of ${data.length} answers`
    },
  },
  {
    title: 'a model from state and optimizer',
    needs: ['statePath', 'model'],
    async act(service, { statePath, model }) {
      const options = { withOptimizer: true, baseModel: model, rank: 8 }
      return teach(await service.createTrainingClientFromState(statePath, options), 2)
    },
  },
  {
    title: 'info of a model',
    needs: ['pupil'],
    async act(_service, { pupil }) {
      const info = await pupil.getInfo()
      return `${info.modelName ?? 'no name'}, rank ${info.loraRank ?? 'unknown'}`
    },
  },
  {
    title: 'list runs',
    needs: ['runId'],
    async act(service, { runId }) {
      const { items, total } = await (await service.rest()).listTrainingRuns({ limit: 50 })
      expect(
        items.some((run) => run.runId === runId),
        `${runId} is not among ${items.length} of ${total} runs`,
      )
      return `${total} runs`
    },
  },
  {
    title: 'one run',
    needs: ['runId', 'model'],
    async act(service, { runId, model }) {
      const run = await (await service.rest()).getTrainingRun(runId)
      expect(run.baseModel === model, `of ${run.baseModel}`)
      return `${run.baseModel}, rank ${run.loraRank ?? 'unknown'}`
    },
  },
  {
    title: 'checkpoints of a run',
    needs: ['runId', 'statePath'],
    async act(service, { runId, statePath }) {
      const found = await (await service.rest()).listCheckpoints(runId)
      expect(
        found.some(({ path }) => path === statePath),
        `${statePath} is not among ${found.length}`,
      )
      return found.map(({ checkpointId }) => checkpointId).join(', ')
    },
  },
  {
    title: 'checkpoints of all runs',
    needs: ['statePath'],
    async act(service, { statePath }) {
      const { items, total } = await (await service.rest()).listUserCheckpoints({ limit: 100 })
      expect(
        items.some(({ path }) => path === statePath),
        `${statePath} is not among ${items.length} of ${total}`,
      )
      return `${total} checkpoints`
    },
  },
  {
    title: 'what a checkpoint was trained from',
    needs: ['statePath', 'model'],
    async act(service, { statePath, model }) {
      const info = await (await service.rest()).weightsInfo(statePath)
      expect(info.baseModel === model, `of ${info.baseModel}`)
      return `rank ${info.loraRank ?? 'unknown'}`
    },
  },
  {
    title: 'publish',
    needs: ['samplerPath', 'runId'],
    async act(service, { samplerPath, runId }) {
      await (await service.rest()).publishCheckpoint(samplerPath)
      const found = await (await service.rest()).listCheckpoints(runId)
      expect(found.find(({ path }) => path === samplerPath)?.public === true, 'it is not listed as public')
      return 'listed as public'
    },
  },
  {
    title: 'unpublish',
    needs: ['samplerPath', 'runId'],
    async act(service, { samplerPath, runId }) {
      await (await service.rest()).unpublishCheckpoint(samplerPath)
      const found = await (await service.rest()).listCheckpoints(runId)
      expect(found.find(({ path }) => path === samplerPath)?.public === false, 'it is still public')
      return 'private again'
    },
  },
  {
    title: 'let a checkpoint expire',
    needs: ['samplerPath'],
    async act(service, { samplerPath }) {
      await (await service.rest()).setCheckpointTtl(samplerPath, 7200)
      return 'in two hours'
    },
  },
  {
    title: 'address of an archive',
    needs: ['samplerPath'],
    async act(service, { samplerPath }) {
      return (await (await service.rest()).checkpointArchiveUrl(samplerPath)).url.slice(0, 60)
    },
  },
  {
    title: 'list sessions',
    needs: [],
    async act(service) {
      return `${(await (await service.rest()).listSessions({ limit: 20 })).length} sessions`
    },
  },
  {
    title: 'delete a checkpoint',
    needs: ['pupil', 'statePath', 'runId'],
    async act(service, { statePath, runId }) {
      await (await service.rest()).deleteCheckpoint(statePath)
      const left = await (await service.rest()).listCheckpoints(runId)
      expect(!left.some(({ path }) => path === statePath), 'it is still listed')
      return `${left.length} left`
    },
  },
  {
    title: 'an unknown model is refused soon',
    needs: ['model'],
    async act(service) {
      const from = Date.now()
      try {
        await service.createLoraTrainingClient({ baseModel: 'Nobody/nothing', rank: 8 })
      } catch (error) {
        expect(failureOf(error) !== undefined, String(error))
        expect(Date.now() - from < 20_000, `only after ${Date.now() - from} ms`)
        return `${failureOf(error)!.kind}: ${failureOf(error)!.serverSays ?? ''}`
      }
      throw new Error('the server takes any name')
    },
  },
]

async function teach(pupil: TrainingClient, steps: number): Promise<string> {
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const pass = pupil.forwardBackward(lessons(), 'cross_entropy')
    const step = pupil.optimStep({ learningRate: 5e-3 })
    losses.push(lossOf(await pass.result()))
    await step.result()
  }
  const [first, last] = [losses[0]!, losses.at(-1)!]
  expect(last < first, `it went from ${first} to ${last}`)
  return `${first.toFixed(3)} to ${last.toFixed(3)} in ${steps} steps`
}
