/** The Tinker client: `createServiceClient({ baseUrl, apiKey })` in a page, a worker or Node. */
export { createServiceClient, ServiceClient } from './serviceClient.ts'
export { TrainingClient } from './trainingClient.ts'
export { SamplingClient } from './samplingClient.ts'
export { RestClient } from './restClient.ts'
export { codeOf, diagnosticOf, failureOf, isTransient, TinkerError, titleOf } from './errors.ts'
export { CODES } from './codes.ts'
export { DEFAULT_TUNING, WIRE_VERSION } from './config.ts'
export { parseCheckpointPath } from './wire/checkpointPath.ts'
export { tensorForKey } from './wire/datum.ts'
export { modelInputFromTokens, modelInputLength, modelInputTokens, textChunk } from './wire/modelInput.ts'
export { compressRows, densify } from './wire/sparseTensor.ts'
export { float32Tensor, int64Tensor } from './wire/tensorData.ts'

export type {
  FromStateOptions,
  LoraOptions,
  ModelSummary,
  SamplerOptions,
  ServerCapabilities,
} from './serviceClient.ts'
export type { AdamParams, ModelInfo, OptimStepOutput, SavedPath, SaveOptions } from './trainingClient.ts'
export type { SampleRequest, SamplerInfo } from './samplingClient.ts'
export type { ArchiveUrl, CheckpointSummary, Page, Paged, TrainingRunSummary, WeightsInfo } from './restClient.ts'
export type { ConnectionProblem, ConnectionReport } from './session/checkConnection.ts'
export type { Notice, QueueEvent, ServiceConfig, Tuning } from './config.ts'
export type { ServerProfile } from './transport/connection.ts'
export type { Failure, FailureKind } from './errors.ts'
export type { ApiFuture, FutureProgress, FutureState } from './future.ts'
export type { Fetch } from './transport/exchange.ts'
export type { CheckpointPath, CheckpointType } from './wire/checkpointPath.ts'
export type { Datum } from './wire/datum.ts'
export type { ForwardBackwardOutput } from './wire/forwardBackward.ts'
export type { FailureCategory, QueueState } from './wire/futureAnswer.ts'
export type { ImageFormat, ModelInput, ModelInputChunk } from './wire/modelInput.ts'
export type { SampledSequence, SampleResult, SamplingParams, StopReason, TopkRow } from './wire/sample.ts'
export type { Float32Tensor, Int64Tensor, SparseRows, TensorData } from './wire/tensorData.ts'
