/** Operations that train a model: forward, forward_backward and optim_step. */
import { float32Tensor } from '../../tinker/wire/tensorData.ts'
import { lossCallOf } from './lossInputs.ts'
import { json } from './models.ts'
import { demand, Refusal } from './refusal.ts'
import type { ForwardBackwardCall } from '../../tinker/wire/forwardBackward.ts'
import type { OptimStepRequest } from '../../tinker/wire/requests.ts'
import type { BatchResult } from '../engine/index.ts'
import type { Future, OperationResult } from './futures.ts'
import type { LossCall } from './lossInputs.ts'
import type { Models } from './models.ts'

export function forwardBackward(models: Models, call: ForwardBackwardCall, digest: number): Future {
  const loss = lossCallOf(call, models.live(call.modelId).base)
  const kind = call.forwardOnly ? 'forward' : 'forward_backward'
  return models.submit(kind, call.modelId, call.seqId, digest, async ({ model, engine, adapter }) => {
    models.count(model, 'training', tokenCount(loss))
    if (call.forwardOnly) return output(loss, await engine.forward(adapter, loss.data, loss.loss, loss.config))
    const result = await engine.forwardBackward(adapter, loss.data, loss.loss, loss.config)
    model.gradients++
    return output(loss, result)
  })
}

function output(loss: LossCall, result: BatchResult): OperationResult {
  const tokens = tokenCount(loss)
  return {
    kind: 'forwardBackward',
    output: {
      lossFnOutputType: 'TorchLossReturn',
      lossFnOutputs: result.logprobs.map((logprobs, i) => ({ logprobs: float32Tensor(logprobs, loss.shapes[i]!) })),
      metrics: { 'loss:sum': result.loss, 'tokens:sum': tokens, ...legalMetrics(result.metrics) },
    },
  }
}

function tokenCount({ data }: LossCall): number {
  return data.reduce((sum, datum) => sum + datum.tokens.length, 0)
}

/** Clients reject a whole result over one metric whose name is not `x:reduction`. */
function legalMetrics(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => /^[^:]+:(sum|mean|min|max)$/.test(name)))
}

export function optimStep(models: Models, request: OptimStepRequest, digest: number): Future {
  const adam = request.adam_params
  const within = (name: keyof typeof adam, good: boolean, wanted: string): void =>
    demand(good, `adam_params.${name} must be ${wanted}, not ${adam[name]}`)
  within('learning_rate', adam.learning_rate >= 0 && Number.isFinite(adam.learning_rate), 'a number from 0')
  within('beta1', adam.beta1 >= 0 && adam.beta1 < 1, 'from 0 to below 1')
  within('beta2', adam.beta2 >= 0 && adam.beta2 < 1, 'from 0 to below 1')
  within('eps', adam.eps >= 0 && Number.isFinite(adam.eps), 'a number from 0')
  within('weight_decay', adam.weight_decay >= 0 && Number.isFinite(adam.weight_decay), 'a number from 0')
  within('grad_clip_norm', adam.grad_clip_norm >= 0 && Number.isFinite(adam.grad_clip_norm), 'a number from 0')
  return models.submit('optim_step', request.model_id, request.seq_id, digest, async ({ model, engine, adapter }) => {
    if (model.gradients === 0)
      throw new Refusal('optim_step has no gradient to apply: no forward_backward succeeded since the last step')
    const result = await engine.optimStep(adapter, {
      learningRate: adam.learning_rate,
      beta1: adam.beta1,
      beta2: adam.beta2,
      eps: adam.eps,
      weightDecay: adam.weight_decay,
      gradClipNorm: adam.grad_clip_norm,
    })
    model.gradients = 0
    return json({
      type: 'optim_step',
      metrics: {
        'grad_norm:mean': result.gradNorm,
        'update_norm:mean': result.updateNorm,
        'optimizer_step:max': result.step,
      },
    })
  })
}
