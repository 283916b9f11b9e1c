/** A server that answers badly first: what is sent again, and what is sent then. `plans.mjs` says how it answers. */
import { lesson, prompt } from '../peer.ts'
import type { Peer, Scenario } from '../peer.ts'

async function model(peer: Peer): Promise<void> {
  await peer.trainer()
}

async function oneStep(peer: Peer): Promise<unknown> {
  const client = await peer.trainer()
  const { metrics } = await client.forwardBackward([lesson('again')], 'cross_entropy').result()
  await client.optimStep({ learningRate: 1e-3 }).result()
  return metrics['loss:sum']
}

async function oneSample(peer: Peer): Promise<unknown> {
  const sampler = await peer.baseSampler()
  const answer = await sampler.sample({ prompt: prompt('again'), params: { maxTokens: 3, seed: 5 } }).result()
  return Array.from(answer.sequences[0]!.tokens)
}

async function list(peer: Peer): Promise<void> {
  await (await peer.service().rest()).listTrainingRuns({ limit: 1 })
}

export const faults: Readonly<Record<string, Scenario>> = {
  config_503_first: model,
  session_503_first: model,
  model_503_first: model,
  forward_backward_503_first: oneStep,
  forward_backward_429_first: oneStep,
  forward_backward_408_first: oneStep,
  step_500_first: oneStep,
  step_409_first: oneStep,
  poll_408_first: oneStep,
  poll_503_first: oneStep,
  poll_429_first: oneStep,
  poll_try_again_first: oneStep,
  sample_429_first: oneSample,
  sample_503_first: oneSample,
  sample_result_gone_first: oneSample,
  sampler_503_first: oneSample,
  list_503_first: list,
  list_429_first: list,
}
