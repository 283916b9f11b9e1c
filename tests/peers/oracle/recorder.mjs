/**
 * A proxy that writes down what clients send: `http://127.0.0.1:PORT/SIDE/SCENARIO` stands for the server behind it. A plan
 * for a scenario may change the server's flags, or answer the first requests of some paths itself.
 */
import { createServer, request as send } from 'node:http'

/** Switched off where no plan asks for it, so that every Node version records the same. */
const PLAIN = { proto_compress_fwdbwd: false }

export async function startRecorder({ upstream, decoder, plans }) {
  const target = new URL(upstream)
  const recordings = new Map()
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error) => {
      console.error(`  recorder: ${incoming.method} ${incoming.url}: ${error.message}`)
      outgoing.destroy()
    })
  })

  async function answer(incoming, outgoing) {
    const url = new URL(incoming.url, upstream)
    const [, side, scenario, ...rest] = url.pathname.split('/')
    const path = `/${rest.join('/')}`
    const recording = of(side, scenario)
    const plan = plans[scenario] ?? {}
    const headers = incoming.headers
    const entry = { method: incoming.method, path, query: url.search, headers, body: undefined, answer: undefined }
    recording.push(entry)
    let bytes = await collect(incoming)
    if (bytes.length > 0) {
      const { body, plain } = await decoder.decode(bytes, headers)
      entry.body = body
      if (plain !== undefined) bytes = Buffer.from(plain, 'base64')
    }
    const fault = (plan.faults ?? []).find(
      (one) => path.endsWith(one.path) && recording.filter((e) => e.fault === one).length < (one.times ?? 1),
    )
    if (fault !== undefined) {
      entry.fault = fault
      outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      outgoing.end(JSON.stringify(fault.body ?? { detail: `planned ${fault.status}` }))
      return
    }
    const { status, headers: answered, body } = await forward(incoming, path + url.search, bytes)
    const changed = path.endsWith('/client/config') ? withFlags(body, { ...PLAIN, ...plan.flags }) : body
    entry.status = status
    entry.answer = jsonOf(changed, answered)
    outgoing.writeHead(status, { ...answered, 'content-length': changed.length })
    outgoing.end(changed)
  }

  function forward(incoming, path, bytes) {
    const headers = { ...incoming.headers, host: target.host, 'content-length': bytes.length }
    delete headers['content-encoding']
    delete headers['transfer-encoding']
    delete headers.connection
    return new Promise((resolve, reject) => {
      const call = send({ host: target.hostname, port: target.port, method: incoming.method, path, headers }, (got) => {
        collect(got).then((body) => resolve({ status: got.statusCode, headers: got.headers, body }), reject)
      })
      call.on('error', reject)
      call.end(bytes)
    })
  }

  function of(side, scenario) {
    const key = `${side}/${scenario}`
    if (!recordings.has(key)) recordings.set(key, [])
    return recordings.get(key)
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    recording: of,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function collect(stream) {
  const parts = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

function withFlags(body, flags) {
  return Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), ...flags }))
}

function jsonOf(body, headers) {
  if (!String(headers['content-type'] ?? '').includes('json') || body.length > 1_000_000) return undefined
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
