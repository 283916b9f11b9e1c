/** The list of endpoints, and the page that says which SDK was answered how. */
const CHECKPOINT = 'training_runs/:run/checkpoints/:checkpoint'

/** Method, pattern, what it is for. The order is the page's. */
const ENDPOINTS = [
  ['POST', 'client/config', 'flags for clients'],
  ['POST', 'client/dynamic_config', 'flags that may change'],
  ['POST', 'auth/token', 'a token for the key'],
  ['GET', 'auth/apikey/me', 'the key’s own data'],
  ['GET', 'healthz', 'alive'],
  ['GET', 'get_server_capabilities', 'models on offer'],
  ['POST', 'create_session', ''],
  ['POST', 'session_heartbeat', ''],
  ['POST', 'telemetry', 'accepted, not stored'],
  ['POST', 'create_model', ''],
  ['POST', 'get_info', ''],
  ['POST', 'unload_model', ''],
  ['POST', 'forward_backward', 'JSON and protobuf, zstd'],
  ['POST', 'forward', 'SDKs up to 0.24'],
  ['POST', 'optim_step', ''],
  ['POST', 'save_weights', ''],
  ['POST', 'save_weights_for_sampler', 'named, ephemeral, in flight'],
  ['POST', 'save_weights_external', 'files for PEFT'],
  ['POST', 'copy_weights', ''],
  ['POST', 'load_weights', 'into a model, or creating one'],
  ['POST', 'weights_info', ''],
  ['POST', 'create_custom_loss', 'refused: losses run on the client'],
  ['POST', 'create_sampling_session', ''],
  ['POST', 'join_sampling_session', ''],
  ['POST', 'asample', ''],
  ['GET', 'samplers/:id', ''],
  ['POST', 'retrieve_future', 'long poll; JSON or protobuf'],
  ['POST', 'retrieve_futures', 'one long poll for a whole sampling client'],
  ['POST', 'cancel_future', 'sampling only'],
  ['GET', 'training_runs', ''],
  ['GET', 'training_runs/:run', ''],
  ['GET', 'training_runs/:run/checkpoints', ''],
  ['GET', 'checkpoints', ''],
  ['GET', `${CHECKPOINT}/archive`, 'a tar for PEFT'],
  ['GET', `${CHECKPOINT}/external_weights_urls`, ''],
  ['GET', 'downloads/:token/:name', 'what the addresses above lead to'],
  ['POST', `${CHECKPOINT}/publish`, ''],
  ['DELETE', `${CHECKPOINT}/publish`, ''],
  ['PUT', `${CHECKPOINT}/ttl`, ''],
  ['DELETE', CHECKPOINT, ''],
  ['GET', 'sessions', ''],
  ['POST', 'sessions/search', ''],
  ['GET', 'sessions/:id', ''],
  ['PUT', 'sessions/:id/project', ''],
  ['POST', 'sessions/:id/finish', ''],
  ['GET', 'sessions/:id/trace_export', 'a trace for Perfetto'],
  ['GET', 'audit', ''],
  ['GET', 'billing/usage/events', ''],
  ['GET', 'billing/usage/checkpoints/current', ''],
]

const PATTERNS = ENDPOINTS.map(([method, pattern]) => {
  const source = pattern.replace(/:checkpoint/, '[^/]+/[^/]+').replace(/:\w+/g, '[^/]+')
  return { name: `${method} ${pattern}`, method, path: new RegExp(`/api/v1/${source}$`) }
})

/** Name of the endpoint that a request was for; null for none of the list. */
export function endpointOf(method, path) {
  return PATTERNS.find((entry) => entry.method === method && entry.path.test(path))?.name ?? null
}

/** @param results by SDK version: `answers` (statuses by endpoint) and `lines` of the conversation */
export function page(results, date) {
  const versions = [...results.keys()]
  const rows = ENDPOINTS.map(([method, pattern, words]) => {
    const cells = versions.map((version) => mark(results.get(version).answers.get(`${method} ${pattern}`)))
    return `| ${[`${method} \`${pattern}\``, words, ...cells].join(' | ')} |`
  })
  const counts = versions.map((version) => {
    const { lines } = results.get(version)
    const count = (word) => lines.filter((line) => line.startsWith(word)).length
    const failures = lines.filter((line) => line.startsWith('FAIL ')).map((line) => line.slice(5))
    const rest = failures.length === 0 ? '' : `; failed: ${failures.join('; ')}`
    return `| ${version} | ${count('ok ')} | ${count('skip ')} | ${count('FAIL ')}${rest} |`
  })
  return `# Endpoints and SDKs

Made on ${date} by \`node tests/peers/endpoints/drive.mjs --write\`: each version of the official SDK holds one conversation with
\`tunegraph serve\` through every method that it has, and the server's log says which endpoints it asked and what was answered.
✓ answered as it should be · – this version never asks · ✗ refused. All paths are below \`/api/v1/\`.

| endpoint | | ${versions.join(' | ')} |
|---|---|${versions.map(() => ':-:|').join('')}
${rows.join('\n')}

What no SDK asks for in this conversation is covered by the tests in \`src/backend/http\`.

## The conversations

| SDK | passed | not in this version | failed |
|---|---|---|---|
${counts.join('\n')}
`
}

/** A poll that was answered with 410 after a cancel is as it should be; only an endpoint that never works is refused. */
function mark(statuses) {
  if (statuses === undefined) return '–'
  return statuses.some((status) => status < 400) && !statuses.some((status) => status >= 500) ? '✓' : '✗'
}
