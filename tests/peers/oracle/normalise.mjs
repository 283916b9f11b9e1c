/** Makes recordings comparable: ids get the name of what made them, polls leave the sequence, concurrent requests an order. */

/** A recording as `{ requests, polls }`; polls are the distinct ways in which each future was asked for. */
export function normalise(recording, ignores) {
  const labels = labelsOf(recording)
  const requests = []
  const polls = new Map()
  for (const entry of recording) {
    const path = rename(decodeURIComponent(entry.path), labels)
    const one = {
      method: entry.method,
      path,
      query: Object.fromEntries(new URLSearchParams(entry.query)),
      headers: entry.headers,
      body: rename(entry.body, labels),
      ...(entry.fault === undefined ? {} : { answeredBy: entry.fault.status }),
    }
    if (path.endsWith('/retrieve_future')) {
      const id = one.body?.request_id ?? '?'
      polls.set(id, [...(polls.get(id) ?? []), one])
    } else if (!ignores(path, requests)) requests.push(one)
  }
  return { requests: settleOrder(requests), polls, labels }
}

/** What the scenario gave back, with the same names. */
export function renamed(value, labels) {
  return rename(value, labels)
}

/** Ids by what they are ids of: `session`, `model 0`, `sampler 1`, `result of optim_step 3`. */
function labelsOf(recording) {
  const labels = new Map()
  const name = (id, label) => {
    if (typeof id === 'string' && id.length > 3 && !labels.has(id)) labels.set(id, `<${label}>`)
  }
  const sessions = new Set()
  for (const { path, body, answer } of recording) {
    const operation = path.split('/').at(-1)
    if (operation === 'create_session' && answer?.session_id !== undefined) {
      sessions.add(answer.session_id)
      name(answer.session_id, sessions.size === 1 ? 'session' : `session ${sessions.size}`)
    }
    if (operation === 'create_sampling_session')
      name(answer?.sampling_session_id, `sampler ${body?.sampling_session_seq_id}`)
    if (answer?.request_id !== undefined && operation !== 'retrieve_future') {
      const number = body?.seq_id ?? body?.model_seq_id ?? ''
      name(answer.request_id, `result of ${operation} ${number}`)
    }
  }
  const models = []
  for (const { path, answer, body } of recording) {
    if (answer?.sampling_session_id !== undefined && !path.endsWith('create_sampling_session'))
      name(answer.sampling_session_id, 'sampler of the save')
    const model = path.endsWith('/retrieve_future') ? answer?.model_id : body?.model_id
    if (typeof model !== 'string' || models.includes(model)) continue
    models.push(model)
    name(model, `model ${models.length - 1}`)
  }
  return [...labels].toSorted(([a], [b]) => b.length - a.length)
}

function rename(value, labels) {
  if (typeof value === 'string') return labels.reduce((text, [id, label]) => text.replaceAll(id, label), value)
  if (Array.isArray(value)) return value.map((member) => rename(member, labels))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rename(member, labels)]))
}

/** Requests of a kind that one client sends all at once arrive in any order: neighbours of that kind go by their number. */
function settleOrder(requests) {
  const out = []
  for (let at = 0; at < requests.length;) {
    let end = at + 1
    if (isConcurrent(requests[at])) while (end < requests.length && requests[end].path === requests[at].path) end++
    out.push(...requests.slice(at, end).toSorted((a, b) => seqOf(a) - seqOf(b)))
    at = end
  }
  return out
}

function isConcurrent({ path }) {
  return path.endsWith('/asample') || path.endsWith('/forward_backward')
}

function seqOf({ body }) {
  return Number(body?.seq_id ?? 0)
}
