/** Where our client may differ from the official SDK, each with the reason. One that is no longer needed is an error. */

/** Requests that are left out of the comparison, by the end of their path; `repeated` leaves out all but the first. */
export const REQUESTS = [
  { path: '/telemetry', reason: 'the SDK reports its own use; ours sends telemetry only when asked to', free: true },
  { path: '/session_heartbeat', reason: 'depends on how long the scenario took', free: true },
  { path: '/client/dynamic_config', reason: 'flags of telemetry and of cancelling; ours does without them' },
  { path: '/client/config', repeated: true, reason: 'the SDK shakes hands once for each kind of client, ours once' },
  {
    path: '/samplers/*',
    version: '0.38.0',
    reason: 'newer SDKs ask what a sampler made from a path is; ours when asked',
  },
  {
    path: '/get_info',
    version: '0.38.0',
    reason: 'newer SDKs ask for it after every new model; ours when the caller asks',
  },
]

/** Headers whose values may differ; `name` may end in `*`, `when` judges (ours, theirs, path). */
const HEADERS = [
  ...['host', 'connection', 'content-length', 'accept-encoding'].map((name) => ({
    name,
    reason: 'belongs to the connection, not to the API',
    free: true,
  })),
  ...['accept-language', 'sec-fetch-mode'].map((name) => ({
    name,
    reason: 'the platform adds it to every fetch',
    when: (_ours, theirs) => theirs === undefined,
    free: true,
  })),
  { name: 'user-agent', reason: 'pages may not set it' },
  { name: 'x-stainless-*', reason: 'describes the Python that the SDK runs in', when: absentHere },
  { name: 'x-sdk-*', reason: 'names the method of the Python SDK, for its makers', when: absentHere },
  {
    name: 'x-tinker-create-promise-roundtrip-time',
    reason: 'measured by each client, in seconds',
    when: (ours, theirs) => isSeconds(ours) && isSeconds(theirs),
  },
  {
    name: 'x-idempotency-key',
    reason: 'random: new for each operation',
    when: (ours, theirs) => (ours === undefined) === (theirs === undefined),
  },
  {
    name: 'x-idempotency-key',
    reason: 'asking for a result changes nothing, so ours sends no key with it',
    when: (ours, _theirs, path) => ours === undefined && path.endsWith('/retrieve_future'),
  },
  {
    name: 'accept',
    reason: 'ours reads results in JSON too, which most other servers send',
    when: (ours, theirs) => ours === `${theirs}, application/json`,
  },
  {
    name: 'accept',
    reason: 'the SDK says the same type twice',
    when: (ours, theirs) => theirs === `${ours}, ${ours}`,
  },
  {
    name: 'content-type',
    reason: 'the SDK names a type for requests without a body',
    when: (ours, theirs) => ours === undefined && theirs === 'application/json',
  },
]

/** Members of a request; `at` is the place in it, `when` judges (ours, theirs). */
export const MEMBERS = [
  {
    path: '/create_sampling_session',
    at: 'body.base_model',
    reason: 'the path says it, and ours names both only to servers that need both',
    when: (ours, theirs) => ours === undefined && theirs !== undefined,
  },
  {
    path: '/client/config',
    at: 'body.sdk_version',
    version: '0.38.0',
    reason: 'ours says which wire it speaks',
    when: (ours) => ours === '0.25.0',
  },
  {
    path: '/create_session',
    at: 'body.sdk_version',
    version: '0.38.0',
    reason: 'ours says which wire it speaks',
    when: (ours) => ours === '0.25.0',
  },
  ...[
    ['/create_model', 'body.optimizer_config', '{"type":"adamw"}'],
    ['/asample', 'body.topk_sample_logprobs', '0'],
    ['/asample', 'body.prompt_alt_tokens_k', '0'],
    ['/asample', 'body.record_stability_info', 'false'],
    ['/save_weights_for_sampler', 'body.kind', '"snapshot"'],
  ].map(([path, at, standard]) => ({
    path,
    at,
    version: '0.38.0',
    reason: 'newer than 0.25: servers of that time refuse members they do not know, and the value is the default',
    when: (ours, theirs) => ours === undefined && JSON.stringify(theirs) === standard,
  })),
  {
    path: '/forward_backward',
    at: 'body.loss_fn_config_v2',
    version: '0.25.0',
    reason: 'as 0.38: protobuf readers of before skip fields they do not know',
    when: (_ours, theirs) => theirs === undefined,
  },
]

function isSeconds(text) {
  return /^\d/.test(text ?? '') && Number(text) >= 0
}

function absentHere(ours) {
  return ours === undefined
}

export function headerReason(name, ours, theirs, path) {
  return HEADERS.find(
    (d) =>
      (d.name.endsWith('*') ? name.startsWith(d.name.slice(0, -1)) : name === d.name) &&
      (d.when?.(ours, theirs, path) ?? true),
  )
}

/** `before`: the requests compared so far; `used` collects what was needed. */
export function isIgnored(path, before, version, used) {
  const found = REQUESTS.find(
    (d) =>
      matches(path, d.path) &&
      (d.version === undefined || d.version === version) &&
      (d.repeated !== true || before.some((request) => request.path === path)),
  )
  if (found !== undefined) used.add(found)
  return found !== undefined
}

/** `/x/*` stands for one more segment. */
function matches(path, pattern) {
  if (!pattern.endsWith('/*')) return path.endsWith(pattern)
  return path.slice(0, path.lastIndexOf('/')).endsWith(pattern.slice(0, -2))
}

/** All that must have been needed at least once in a full run; `free` ones depend on the machine. */
export function allDeviations() {
  return [...REQUESTS.filter(({ free }) => !free), ...HEADERS.filter(({ free }) => !free), ...MEMBERS]
}
