/** Which module checks which area, and why the other areas are not this project's. Modules load when first needed. */
import type { Check } from './vector.ts'

const protobuf = () => import('./areas/protobuf.ts')
const inputs = () => import('./areas/modelInputs.ts')
const metrics = () => import('./areas/metrics.ts')
const addresses = () => import('./areas/addresses.ts')
const polling = () => import('./areas/polling.ts')
const requests = () => import('./areas/requests.ts')
const retries = () => import('./areas/retries.ts')
const identity = () => import('./areas/identity.ts')
const failures = () => import('./areas/failures.ts')
const tokenizers = () => import('./areas/tokenizers.ts')
const losses = () => import('./areas/losses.ts')
const recipes = () => import('./areas/recipes.ts')
const files = () => import('./areas/files.ts')
const environment = () => import('./areas/environment.ts')
const telemetry = () => import('./areas/telemetry.ts')
const recovery = () => import('./areas/recovery.ts')

export const AREAS: Readonly<Record<string, () => Promise<Check>>> = {
  proto_request: async () => (await protobuf()).protoRequest,
  proto_response: async () => (await protobuf()).protoResponse,
  tensor_data: async () => (await inputs()).tensorData,
  tensor_container: async () => (await inputs()).tensorContainer,
  json_chunk: async () => (await inputs()).jsonChunk,
  chunk_length: async () => (await inputs()).chunkLengths,
  model_input: async () => (await inputs()).modelInput,
  chunking: async () => (await inputs()).chunking,
  byte_estimate: async () => (await inputs()).byteEstimate,
  stop_reason: async () => (await inputs()).stopReason,
  metric_reduction: async () => (await metrics()).metricReduction,
  metric_reduction_tinkex: async () => (await metrics()).tinkexReduction,
  combine_outputs: async () => (await metrics()).outputsCombined,
  tinker_path: async () => (await addresses()).checkpointPath,
  query_string: async () => (await addresses()).query,
  poll_body: async () => (await polling()).pollBody,
  poll_body_tinkex: async () => (await polling()).tinkexBody,
  poll_status: async () => (await polling()).pollStatus,
  poll_request: async () => (await polling()).pollRequest,
  queue_state_notify: async () => (await polling()).queueNotify,
  queue_state_parse: async () => (await polling()).queueParse,
  error_category: async () => (await polling()).errorCategory,
  json_request: async () => (await requests()).jsonRequest,
  turn_order: async () => (await requests()).turnOrder,
  model_id: async () => (await requests()).modelId,
  archive_url: async () => (await requests()).archiveUrl,
  idempotency: async () => (await requests()).idempotency,
  config: async () => (await requests()).config,
  backoff: async () => (await retries()).backoff,
  retry_after: async () => (await retries()).retryAfter,
  should_retry: async () => (await retries()).shouldRetry,
  sample_dispatch: async () => (await retries()).sampleDispatch,
  bytes_semaphore: async () => (await retries()).bytesSemaphore,
  billing_pause: async () => (await retries()).billingPause,
  jwt: async () => (await identity()).jwt,
  auth: async () => (await identity()).auth,
  headers: async () => (await identity()).headers,
  error_class: async () => (await failures()).errorClass,
  error_message: async () => (await failures()).errorMessage,
  queue_state_log: async () => (await failures()).queueLog,
  tokenizer_id: async () => (await tokenizers()).tokenizerId,
  kimi_split: async () => (await tokenizers()).kimiSplit,
  kimi_bpe: async () => (await tokenizers()).kimiBpe,
  kimi_special: async () => (await tokenizers()).kimiSpecial,
  loss_fn: async () => (await losses()).lossNamesOfApi,
  loss_value: async () => (await losses()).lossValue,
  custom_loss: async () => (await losses()).customLoss,
  datum_build: async () => (await recipes()).datumBuild,
  studio_grpo: async () => (await recipes()).grpo,
  studio_loss: async () => (await recipes()).batchLoss,
  adam: async () => (await recipes()).adam,
  env: async () => (await environment()).environment,
  telemetry: async () => (await telemetry()).telemetry,
  user_error: async () => (await telemetry()).userError,
  metrics_service: async () => (await telemetry()).metricsService,
  recovery_policy: async () => (await recovery()).policy,
  recovery_events: async () => (await recovery()).events,
  circuit_breaker: async () => (await recovery()).circuit,
  cli_tar: async () => (await recovery()).archives,
  sse: async () => (await files()).serverSentEvents,
  sse_tinkex: async () => (await files()).tinkexEvents,
  multipart: async () => (await files()).formFields,
}

const OWN_RULE = 'this project has a rule of its own'

/** Areas that no part of this project answers for. An area in neither table is reported as unknown. */
export const OUTSIDE: Readonly<Record<string, string>> = {
  json_null: 'how Tinkex builds bodies',
  json_transform: 'how Tinkex builds bodies',
  regularizer: 'penalties of Tinkex on outputs',
  regularizer_pipeline: 'penalties of Tinkex on outputs',
  twinkle_datum: 'labels as Twinkle\u2019s own client has them',
  cli_size: 'the command line of the official client',
  cli_time: 'the command line of the official client',
  cli_date: 'the command line of the official client',
  cli_filter: 'the command line of the official client',
  cli_pages: 'the command line of the official client',
  cli_names: 'the command line of the official client',
  cli_prompt: 'the command line of the official client',
  cli_exit: 'the command line of the official client',
  studio_escape: 'code generated by Tinker Studio',
  studio_identifier: 'code generated by Tinker Studio',
  studio_api_key: 'keys as Tinker Studio checks them',
  studio_job_id: 'jobs of Tinker Studio',
  studio_eta: 'texts of Tinker Studio',
  studio_metric_line: 'output of scripts of Tinker Studio',
  studio_validation: 'forms of Tinker Studio',
  studio_lr_schedule: OWN_RULE,
  studio_reward: OWN_RULE,
}
