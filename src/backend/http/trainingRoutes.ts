/** Sessions, models, training and weights. */
import { namesProtobuf } from '../../tinker/wire/contentTypes.ts'
import { decodeForwardBackwardJson } from '../../tinker/wire/forwardBackward.ts'
import { decodeForwardBackwardProto } from '../../tinker/wire/protoForwardBackward.ts'
import {
  createModelRequest,
  createSessionRequest,
  loadWeightsRequest,
  modelIdRequest,
  optimStepRequest,
  saveWeightsForSamplerRequest,
  saveWeightsRequest,
  sessionHeartbeatRequest,
  weightsInfoRequest,
} from '../../tinker/wire/requests.ts'
import { accept, Refusal } from '../service/refusal.ts'
import { bodyDigest } from '../service/submissions.ts'
import { forwardBackward, optimStep } from '../service/training.ts'
import { copyWeightsRequest, saveWeightsExternalRequest } from '../service/weightRequests.ts'
import { futureAnswer, jsonAnswer } from './answers.ts'
import { parseBody, readJson } from './body.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'

/** What clients are told of this server, by the names of `client/config`; left out are those whose defaults are right. */
export type ClientFlags = Readonly<Record<string, boolean | number | string>>

export function addTrainingRoutes(router: Router, service: TinkerService, flags: ClientFlags): void {
  const { sessions } = service.context
  const { models, weights } = service

  router
    .add('POST', 'client/config', () => jsonAnswer(flags))
    .add('POST', 'client/dynamic_config', () => jsonAnswer({ refresh_interval_sec: 300, ...flags }))
    .add('POST', 'create_session', async ({ body }) => {
      const session = await sessions.open(readJson(body, createSessionRequest))
      return jsonAnswer({ type: 'create_session', session_id: session.id })
    })
    .add('POST', 'session_heartbeat', ({ body }) => {
      sessions.touch(readJson(body, sessionHeartbeatRequest).session_id)
      return jsonAnswer({ type: 'session_heartbeat' })
    })
    .add('POST', 'create_model', async ({ body }) =>
      futureAnswer(await models.create(readJson(body, createModelRequest), bodyDigest(body))),
    )
    .add('POST', 'get_info', ({ body }) => jsonAnswer(models.info(readJson(body, modelIdRequest).model_id)))
    .add('POST', 'unload_model', ({ body }) => futureAnswer(models.unload(readJson(body, modelIdRequest).model_id)))
    .add('POST', 'forward_backward', (call) => {
      const decoded = namesProtobuf(call.request.headers.get('content-type'))
        ? decodeForwardBackwardProto(call.body)
        : decodeForwardBackwardJson(parseBody(call.body), false)
      return futureAnswer(forwardBackward(models, accept(decoded), bodyDigest(call.body)))
    })
    .add('POST', 'forward', ({ body }) => {
      const decoded = decodeForwardBackwardJson(parseBody(body), true)
      return futureAnswer(forwardBackward(models, accept(decoded), bodyDigest(body)))
    })
    .add('POST', 'optim_step', ({ body }) =>
      futureAnswer(optimStep(models, readJson(body, optimStepRequest), bodyDigest(body))),
    )
    .add('POST', 'save_weights', ({ body }) =>
      futureAnswer(weights.saveState(readJson(body, saveWeightsRequest), bodyDigest(body))),
    )
    .add('POST', 'save_weights_for_sampler', ({ body }) =>
      futureAnswer(weights.saveForSampler(readJson(body, saveWeightsForSamplerRequest), bodyDigest(body))),
    )
    .add('POST', 'save_weights_external', ({ body }) =>
      futureAnswer(weights.saveExternal(readJson(body, saveWeightsExternalRequest), bodyDigest(body))),
    )
    .add('POST', 'copy_weights', async ({ body }) =>
      jsonAnswer({ tinker_path: await weights.copy(readJson(body, copyWeightsRequest)) }),
    )
    .add('POST', 'create_custom_loss', () => {
      throw new Refusal(
        'this server runs no uploaded losses; compute the loss on the client with forward_backward_custom',
      )
    })
    .add('POST', 'load_weights', async ({ body }) =>
      futureAnswer(await weights.load(readJson(body, loadWeightsRequest), bodyDigest(body))),
    )
    .add('POST', 'weights_info', async ({ body }) =>
      jsonAnswer(await weights.info(readJson(body, weightsInfoRequest).tinker_path)),
    )
}
