/** Sessions, models, training, weights and futures. */
import { namesProtobuf } from '../../tinker/wire/contentTypes.ts'
import { decodeForwardBackwardJson } from '../../tinker/wire/forwardBackward.ts'
import { decodeForwardBackwardProto } from '../../tinker/wire/protoForwardBackward.ts'
import {
  createModelRequest,
  createSessionRequest,
  futureRetrieveRequest,
  loadWeightsRequest,
  modelIdRequest,
  optimStepRequest,
  saveWeightsForSamplerRequest,
  saveWeightsRequest,
  sessionHeartbeatRequest,
  weightsInfoRequest,
} from '../../tinker/wire/requests.ts'
import { accept } from '../service/refusal.ts'
import { bodyDigest } from '../service/submissions.ts'
import { forwardBackward, optimStep } from '../service/training.ts'
import { futureAnswer, jsonAnswer, pollAnswer } from './answers.ts'
import { parseBody, readJson } from './body.ts'
import type { ClientConfigResponse } from '../../tinker/wire/responses.ts'
import type { TinkerService } from '../service/service.ts'
import type { RouteCall, Router } from './router.ts'

/** Left out of the answer are the flags whose defaults are right. */
export type ClientFlags = Partial<ClientConfigResponse>

export type TrainingRouteOptions = {
  readonly flags: ClientFlags
  /** How long a poll waits for its result; clients give up after 45 s. */
  readonly holdMs: number
}

export function addTrainingRoutes(router: Router, service: TinkerService, options: TrainingRouteOptions): void {
  const { sessions, futures } = service.context
  const { models, weights } = service

  router
    .add('POST', 'client/config', () => jsonAnswer(options.flags))
    .add('POST', 'client/dynamic_config', () => jsonAnswer({ refresh_interval_sec: 300 }))
    .add('POST', 'create_session', ({ body }) => {
      const session = sessions.open(readJson(body, createSessionRequest))
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
    .add('POST', 'load_weights', async ({ body }) =>
      futureAnswer(await weights.load(readJson(body, loadWeightsRequest), bodyDigest(body))),
    )
    .add('POST', 'weights_info', async ({ body }) =>
      jsonAnswer(await weights.info(readJson(body, weightsInfoRequest).tinker_path)),
    )
    .add('POST', 'retrieve_future', async ({ body, request }: RouteCall) => {
      const { request_id, allow_metadata_only } = readJson(body, futureRetrieveRequest)
      const outcome = await futures.poll(request_id, options.holdMs, request.signal)
      return pollAnswer(request_id, outcome, request.headers.get('accept'), allow_metadata_only)
    })
}
