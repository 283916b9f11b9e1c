/** What came after SDK 0.25: names of sessions, metadata of checkpoints, more scores, copies, searching, ending. */
import { int64Tensor } from '#src/tinker/index.ts'
import { lesson, MODEL, prompt, refusal } from '../peer.ts'
import type { SampleRequest, SampleResult } from '#src/tinker/index.ts'
import type { Peer, Scenario } from '../peer.ts'

async function ask(peer: Peer, more: Partial<SampleRequest>): Promise<SampleResult> {
  const sampler = await peer.baseSampler()
  return sampler.sample({ prompt: prompt('prompt'), params: { maxTokens: 3, seed: 7 }, ...more }).result()
}

export const newer: Readonly<Record<string, Scenario>> = {
  async session_with_a_name(peer) {
    await peer.service({ displayName: 'an oracle' }).createLoraTrainingClient({ baseModel: MODEL, rank: 4 })
  },

  async state_with_metadata(peer) {
    await (await peer.trainer()).saveState('noted', { userMetadata: { step: '7' } }).result()
  },

  async sampler_weights_with_metadata(peer) {
    await (await peer.trainer()).saveWeightsForSampler('noted', { userMetadata: { step: '7' } }).result()
  },

  async likeliest_tokens_of_an_answer(peer) {
    return Array.from((await ask(peer, { topkSampleLogprobs: 2 })).sequences[0]!.tokens)
  },

  async last_logprobs_of_the_prompt(peer) {
    const { promptLogprobs } = await ask(peer, { includePromptLogprobs: true, promptLogprobsLastN: 2 })
    return Array.from(promptLogprobs!, (v) => (Number.isNaN(v) ? null : v))
  },

  async chosen_logprobs_of_the_prompt(peer) {
    await ask(peer, { targetPromptLogprobs: int64Tensor([97, 98, 99, -1, 100, 101, 1, 2, 3, 4], [5, 2]) })
  },

  async alternatives_of_the_prompt(peer) {
    await ask(peer, { promptAltTokensK: 2 })
  },

  async copy_of_weights(peer) {
    const { path } = await (await peer.trainer()).saveWeightsForSampler('original').result()
    return refusal(async () =>
      (await peer.service().rest()).copyWeights(path, { projectId: 'project-7', ttlSeconds: 7200 }),
    )
  },

  copy_of_anothers_weights(peer) {
    const options = { projectId: 'project-7', weightsAccessToken: 'tml-theirs' }
    return refusal(async () => (await peer.service().rest()).copyWeights('tinker://nobody/weights/nothing', options))
  },

  search_for_sessions: (peer) =>
    refusal(async () =>
      (await peer.service().rest()).searchSessions({
        userMetadata: { who: 'oracle' },
        displayName: 'oracle',
        limit: 5,
      }),
    ),

  async runs_of_a_project(peer) {
    await (await peer.service().rest()).listTrainingRuns({ limit: 2, projectId: 'project-7' })
  },

  async runs_within_reach(peer) {
    await (await peer.service().rest()).listTrainingRuns({ limit: 2, accessScope: 'accessible' })
  },

  session_to_another_project: (peer) =>
    refusal(async () => (await peer.service().rest()).assignSessionProject('nobody', 'project-7')),

  async end_of_a_session(peer) {
    const client = peer.service()
    await client.createLoraTrainingClient({ baseModel: MODEL, rank: 2 })
    await client.finish('success', 'all done')
  },

  async custom_loss(peer) {
    const data = ['a custom', 'loss'].map((text) => {
      const { modelInput, lossFnInputs } = lesson(text)
      return { modelInput, lossFnInputs: { target_tokens: lossFnInputs['target_tokens']! } }
    })
    const client = await peer.trainer()
    const custom = client.forwardBackwardCustom(data, (_data, logprobs) => {
      const loss = logprobs.reduce((sum, { data: own }) => sum + own.reduce((s, lp) => s + lp * lp, 0), 0)
      const gradients = logprobs.map(({ data: own }) => own.map((lp) => 2 * lp))
      return { loss, metrics: { squares: loss }, gradients }
    })
    const { metrics } = await custom.result()
    await client.optimStep({ learningRate: 1e-3 }).result()
    return { squares: metrics['squares'] }
  },
}
