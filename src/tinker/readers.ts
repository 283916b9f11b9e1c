/** How the result of each operation is read. */
import { err, ok } from '../base/result.ts'
import { part } from './part.ts'
import { decodeForwardBackwardOutputProto } from './wire/protoForwardBackwardOutput.ts'
import { decodeSampleResultProto } from './wire/protoSample.ts'
import { loadWeightsResult, modelIdResult, optimStepResult } from './wire/responses.ts'
import { saveWeightsForSamplerResult, saveWeightsResult } from './wire/responses.ts'
import { readShape } from './wire/shape.ts'
import type { Result } from '../base/result.ts'
import type { ResultReader } from './poll.ts'
import type { ForwardBackwardOutput } from './wire/forwardBackward.ts'
import type { SampleResult } from './wire/sample.ts'
import type { Shape } from './wire/shape.ts'

function jsonReader<W, T>(
  operation: string,
  shape: Shape<W>,
  convert: (value: W) => Result<T, string>,
): ResultReader<T> {
  return {
    operation,
    json: (body) => {
      const read = readShape(shape, body)
      return read.ok ? convert(read.value) : read
    },
  }
}

/** A message cut between two of its parts is well-formed: only the number of parts tells. `lack`: '' where none is missing. */
function whole<T>(read: Result<T, string>, lack: (value: T) => string): Result<T, string> {
  const missing = read.ok ? lack(read.value) : ''
  return missing === '' ? read : err(`${missing} came`)
}

function path(value: { path?: string }): Result<{ path: string }, string> {
  return value.path === undefined ? err('path is missing') : ok({ path: value.path })
}

export const readers = {
  /** `asked`: datums sent. Some losses have no outputs; then there are metrics. */
  forwardBackward: (asked: number, forwardOnly: boolean): ResultReader<ForwardBackwardOutput> => ({
    operation: forwardOnly ? 'forward' : 'forward_backward',
    json: async (body) => (await part(import('./wire/clientJson.ts'))).decodeForwardBackwardOutputJson(body),
    proto: (bytes) =>
      whole(decodeForwardBackwardOutputProto(bytes), ({ lossFnOutputs: { length }, metrics }) =>
        length === asked || (length === 0 && Object.keys(metrics).length > 0) ? '' : `${length} of ${asked} datums`,
      ),
  }),
  /** `asked`: sequences to draw. */
  sample: (asked: number): ResultReader<SampleResult> => ({
    operation: 'asample',
    json: async (body) => (await part(import('./wire/clientJson.ts'))).decodeSampleResultJson(body),
    proto: (bytes) =>
      whole(decodeSampleResultProto(bytes), ({ sequences: { length } }) =>
        length === asked ? '' : `${length} of ${asked} sequences`,
      ),
  }),
  optimStep: jsonReader('optim_step', optimStepResult, ({ metrics = {} }) => ok({ metrics })),
  saveWeights: jsonReader('save_weights', saveWeightsResult, path),
  saveForSampler: jsonReader('save_weights_for_sampler', saveWeightsForSamplerResult, path),
  createModel: jsonReader('create_model', modelIdResult, (value) => ok(value.model_id)),
  unloadModel: jsonReader('unload_model', modelIdResult, (value) => ok(value.model_id)),

  /** Servers may leave the path out; then it is the one asked for. */
  loadWeights: (asked: string): ResultReader<{ path: string }> =>
    jsonReader('load_weights', loadWeightsResult, (value) => ok({ path: value.path ?? asked })),

  ephemeralSampler: <T>(make: (samplingSessionId: string) => T): ResultReader<T> =>
    jsonReader('save_weights_for_sampler', saveWeightsForSamplerResult, (value) =>
      value.sampling_session_id === undefined
        ? err('sampling_session_id is missing')
        : ok(make(value.sampling_session_id)),
    ),
} as const
