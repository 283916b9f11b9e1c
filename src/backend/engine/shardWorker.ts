/** The worker's half of data parallelism: hosts one Core behind a port. A worker script is three lines around `serveShard`. */
import { Core } from './core.ts'
import { EngineError } from './errors.ts'
import { planLora } from './loraLayout.ts'
import type { LoraWeights } from './packCache.ts'
import type { ShardPort } from './shardPort.ts'
import type { ShardReply, ShardRequest, ShardTask, ShardValue } from './shardProtocol.ts'

export function serveShard(port: ShardPort): void {
  const weights = new Map<number, LoraWeights>()
  const cancels = new Map<number, () => void>()
  let core: Core | null = null

  const loaded = (): Core => {
    if (!core) throw new Error('the shard was given work before a model')
    return core
  }
  const find = (version: number | null): LoraWeights | null => {
    if (version === null) return null
    const found = weights.get(version)
    if (!found) throw new Error(`the shard was never given weights ${version}`)
    return found
  }
  const perform = async (id: number, task: ShardTask): Promise<ShardValue> => {
    switch (task.op) {
      case 'load':
        core = await Core.load(task.files, task.variant)
        return null
      case 'batch':
        return loaded().batch(find(task.version), task.job)
      case 'top':
        return loaded().top(find(task.version), task.tokens, task.k)
      case 'sample':
        return loaded().sampler.sample(find(task.version), task.job, (cancel) => cancels.set(id, cancel))
    }
  }
  const answer = async (id: number, task: ShardTask): Promise<void> => {
    let reply: ShardReply
    try {
      reply = { id, ok: true, value: await perform(id, task) }
    } catch (error) {
      const kind = error instanceof EngineError ? error.kind : 'bug'
      reply = { id, ok: false, error: { kind, message: error instanceof Error ? error.message : String(error) } }
    }
    cancels.delete(id)
    const gradient = reply.ok && reply.value && 'gradient' in reply.value ? reply.value.gradient : undefined
    port.post(reply, gradient ? [gradient.buffer as ArrayBuffer] : [])
  }
  port.listen(
    (message) => {
      const request = message as ShardRequest
      if (request.kind === 'task') void answer(request.id, request.task)
      else if (request.kind === 'cancel') cancels.get(request.id)?.()
      else if (request.kind === 'drop') {
        weights.delete(request.version)
        core?.drop(request.version)
      } else {
        const layout = planLora(loaded().model.plan, request.shape)
        weights.set(request.version, { version: request.version, layout, data: request.data })
      }
    },
    () => port.close(),
  )
}
