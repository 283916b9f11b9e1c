/**
 * The whole conversation answered at once, from prepared bytes: `node instantServer.mjs ANSWERS.json`, where the file holds
 * base64 bodies `{ forwardBackward: {json, proto}, sample: {json, proto} }`. Prints its address as a line of JSON.
 * `GET /stats` tells requests answered and the seconds they took inside this process, and starts the count anew.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const JSON_TYPE = 'application/json'
const PROTOBUF_TYPE = 'application/x-protobuf'
const prepared = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const large = Object.fromEntries(
  Object.entries(prepared).map(([kind, { json, proto }]) => [
    kind,
    { json: Buffer.from(json, 'base64'), proto: Buffer.from(proto, 'base64') },
  ]),
)

let ids = 0
let answered = 0
let busyMs = 0
const future = (kind) => ({ request_id: `${kind}-${++ids}`, model_id: 's:train:0' })
const small = {
  'client/config': () => ({}),
  'client/dynamic_config': () => ({ refresh_interval_sec: 300 }),
  get_server_capabilities: () => ({ supported_models: [{ model_name: 'bench/instant', max_context_length: 32768 }] }),
  create_session: () => ({ type: 'create_session', session_id: 's' }),
  session_heartbeat: () => ({ type: 'session_heartbeat' }),
  telemetry: () => ({ status: 'accepted' }),
  create_model: () => future('model'),
  get_info: () => ({
    type: 'get_info',
    model_id: 's:train:0',
    model_data: { model_name: 'bench/instant', tokenizer_id: 'bench/instant' },
  }),
  create_sampling_session: () => ({ type: 'create_sampling_session', sampling_session_id: 's:sample:0' }),
  forward: () => future('forwardBackward'),
  forward_backward: () => future('forwardBackward'),
  optim_step: () => future('optim'),
  save_weights_for_sampler: () => future('save'),
  asample: () => ({ ...future('sample'), sample_sequence_ids: [`q-${ids}`] }),
}
const results = {
  model: { model_id: 's:train:0', type: 'create_model' },
  optim: { metrics: { 'grad_norm:mean': 0.5 } },
  save: { type: 'save_weights_for_sampler', path: 'tinker://s:train:0/sampler_weights/w' },
}

const server = createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const started = performance.now()
    const [status, type, body] = answer(request, parts)
    response.writeHead(status, { 'content-type': type, 'content-length': body.length })
    response.end(body)
    answered++
    busyMs += performance.now() - started
  })
})
server.keepAliveTimeout = 60_000

function answer(request, parts) {
  const { url } = request
  if (url === '/stats') {
    const body = json({ answered, busySeconds: busyMs / 1000 })
    answered = busyMs = 0
    return [200, JSON_TYPE, body]
  }
  const route = url.slice(url.indexOf('/api/v1/') + '/api/v1/'.length)
  if (route === 'retrieve_future') {
    const { request_id: id } = JSON.parse(Buffer.concat(parts).toString())
    const kind = id.slice(0, id.indexOf('-'))
    if (!(kind in large)) return [200, JSON_TYPE, json(results[kind])]
    const proto = (request.headers.accept ?? '').includes(PROTOBUF_TYPE)
    return [200, proto ? PROTOBUF_TYPE : JSON_TYPE, proto ? large[kind].proto : large[kind].json]
  }
  const make = small[route]
  if (make === undefined) return [404, JSON_TYPE, json({ detail: 'Not Found' })]
  return [200, JSON_TYPE, json(make())]
}

function json(value) {
  return Buffer.from(JSON.stringify(value))
}

server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })))
