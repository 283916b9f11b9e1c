/** Runs, checkpoints and sessions as the server lists them; errors of these routes. */
import { MODEL, refusal } from '../peer.ts'
import type { RestClient } from '#src/tinker/index.ts'
import type { Peer, Scenario } from '../peer.ts'

function rest(peer: Peer): Promise<RestClient> {
  return peer.service().rest()
}

function runOf(path: string): string {
  return path.split('/')[2]!
}

async function state(peer: Peer): Promise<string> {
  const client = await peer.trainer({ userMetadata: { case: 'rest' } })
  return (await client.saveState('kept').result()).path
}

async function sampler(peer: Peer): Promise<string> {
  return (await (await peer.trainer()).saveWeightsForSampler('weights').result()).path
}

export const rests: Readonly<Record<string, Scenario>> = {
  async list_runs(peer) {
    await (await rest(peer)).listTrainingRuns()
  },

  async list_runs_by_page(peer) {
    await (await rest(peer)).listTrainingRuns({ limit: 3, offset: 2 })
  },

  async get_a_run(peer) {
    const run = await (await rest(peer)).getTrainingRun(runOf(await state(peer)))
    return { base: run.baseModel, rank: run.loraRank, metadata: run.userMetadata }
  },

  async list_checkpoints_of_a_run(peer) {
    const found = await (await rest(peer)).listCheckpoints(runOf(await state(peer)))
    return found.map((c) => ({ id: c.checkpointId, type: c.type, public: c.public }))
  },

  async list_all_checkpoints(peer) {
    await (await rest(peer)).listUserCheckpoints()
  },

  async list_all_checkpoints_by_page(peer) {
    await (await rest(peer)).listUserCheckpoints({ limit: 2, offset: 1 })
  },

  async publish(peer) {
    const path = await state(peer)
    await (await rest(peer)).publishCheckpoint(path)
    return (await (await rest(peer)).listCheckpoints(runOf(path))).map((c) => c.public)
  },

  async unpublish(peer) {
    const path = await state(peer)
    const client = await rest(peer)
    await client.publishCheckpoint(path)
    await client.unpublishCheckpoint(path)
    return (await client.listCheckpoints(runOf(path))).map((c) => c.public)
  },

  async expire_in_two_hours(peer) {
    const path = await state(peer)
    const client = await rest(peer)
    await client.setCheckpointTtl(path, 7200)
    return (await client.listCheckpoints(runOf(path))).map((c) => c.expiresAt !== undefined)
  },

  async never_expire(peer) {
    const { path } = await (await peer.trainer()).saveState('short', { ttlSeconds: 3600 }).result()
    const client = await rest(peer)
    await client.setCheckpointTtl(path, null)
    return (await client.listCheckpoints(runOf(path))).map((c) => c.expiresAt !== undefined)
  },

  async delete_a_state(peer) {
    const path = await state(peer)
    const client = await rest(peer)
    await client.deleteCheckpoint(path)
    return (await client.listCheckpoints(runOf(path))).length
  },

  async delete_sampler_weights(peer) {
    const path = await sampler(peer)
    const client = await rest(peer)
    await client.deleteCheckpoint(path)
    return (await client.listCheckpoints(runOf(path))).length
  },

  async address_of_an_archive(peer) {
    return (await (await rest(peer)).checkpointArchiveUrl(await sampler(peer))).url.startsWith('http')
  },

  async weights_info(peer) {
    const info = await (await rest(peer)).weightsInfo(await state(peer))
    return { base: info.baseModel, lora: info.isLora, rank: info.loraRank }
  },

  async list_sessions(peer) {
    await (await rest(peer)).listSessions()
  },

  async list_sessions_by_page(peer) {
    await (await rest(peer)).listSessions({ limit: 2, offset: 1 })
  },

  async get_a_session(peer) {
    const client = peer.service()
    const model = await client.createLoraTrainingClient({ baseModel: MODEL, rank: 2 })
    await client.createSamplingClient({ baseModel: MODEL })
    // A model's id begins with that of its session.
    const session = await (await client.rest()).getSession(model.modelId.split(':')[0]!)
    return { runs: session.runIds.length, samplers: session.samplerIds.length }
  },

  unknown_run: (peer) => refusal(async () => (await rest(peer)).getTrainingRun('nobody')),

  unknown_checkpoint_to_delete: (peer) =>
    refusal(async () => (await rest(peer)).deleteCheckpoint('tinker://nobody/weights/nothing')),

  unknown_checkpoint_to_ask_about: (peer) =>
    refusal(async () => (await rest(peer)).weightsInfo('tinker://nobody/weights/nothing')),

  unknown_session: (peer) => refusal(async () => (await rest(peer)).getSession('nobody')),
}
