/** Sampling sessions and sampling. */
import { createSamplingSessionRequest } from '../../tinker/wire/requests.ts'
import { decodeSampleJson } from '../../tinker/wire/sample.ts'
import { accept } from '../service/refusal.ts'
import { bodyDigest } from '../service/submissions.ts'
import { futureAnswer, jsonAnswer } from './answers.ts'
import { parseBody, readJson } from './body.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'

export function addSamplingRoutes(router: Router, service: TinkerService): void {
  router
    .add('POST', 'create_sampling_session', async ({ body }) => {
      const sampler = await service.openSampler(readJson(body, createSamplingSessionRequest))
      return jsonAnswer({ type: 'create_sampling_session', sampling_session_id: sampler.id })
    })
    .add('POST', 'asample', async ({ body }) => {
      const call = accept(decodeSampleJson(parseBody(body)))
      const future = await service.sample(call, bodyDigest(body))
      // SDKs from 0.30 on name each sequence by these.
      const names = Array.from({ length: call.numSamples }, (_, i) => `${future.requestId}:${i}`)
      return futureAnswer(future, { sample_sequence_ids: names })
    })
    .add('GET', 'samplers/:id', ({ params }) => jsonAnswer(service.samplers.info(params['id']!)))
}
