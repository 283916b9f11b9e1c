/** A real HTTP server that speaks the Tinker wire with instant, deterministic answers, and misbehaves on demand. */
import { createServer } from 'node:http'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { namesProtobuf, PROTOBUF_TYPE, JSON_TYPE } from '../wire/contentTypes.ts'
import { decodeForwardBackwardJson } from '../wire/forwardBackward.ts'
import { parseJson, stringifyJson } from '../wire/json.ts'
import { decodeForwardBackwardProto } from '../wire/protoForwardBackward.ts'
import { PeerModel } from './peerModel.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PeerOutcome } from './peerModel.ts'

export type Seen = {
  readonly method: string
  /** Below `/api/v1/`, with its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Decoded: JSON as it is, a protobuf body as the call it holds. */
  readonly body: unknown
  readonly at: number
}

/** One misbehaviour, used up by one request. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string | Buffer }
  /** The connection is cut before the request is looked at, or after the server has acted on it. */
  | { readonly drop: 'before' | 'after' }
  /** The right answer, cut to so many bytes, with an honest or a wrong length. */
  | { readonly truncate: number; readonly brokenLength?: boolean }
  | { readonly delayMs: number }
  /** The right answer under another type. */
  | { readonly contentType: string }

export type PeerOptions = {
  /** Answers of `client/config`; `null`: the route does not exist, as on servers before SDK 0.18. */
  readonly flags?: Record<string, unknown> | null
  /** Which forward-backward bodies are taken. */
  readonly bodies?: 'both' | 'json' | 'protobuf'
  /** Longest hold of a poll, ms. */
  readonly holdMs?: number
  readonly key?: string
  /** Refuses every request without a request id before it looks at the route, as Twinkle does. */
  readonly needsRequestId?: boolean
}

export class Peer {
  readonly seen: Seen[] = []
  readonly model = new PeerModel()
  /** Routes that a test serves itself, by path without query; they come before the peer's own. */
  readonly routes = new Map<string, (body: unknown, path: string) => PeerOutcome | Promise<PeerOutcome>>()
  readonly #options: PeerOptions
  readonly #faults = new Map<string, Fault[]>()
  #server: Server | undefined

  private constructor(options: PeerOptions) {
    this.#options = options
  }

  static async start(options: PeerOptions = {}): Promise<Peer> {
    const peer = new Peer(options)
    const server = createServer((request, response) => void peer.#serve(request, response))
    // Idle connections would outlive the test otherwise.
    server.keepAliveTimeout = 1000
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    peer.#server = server
    return peer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const server = this.#server!
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  /** The next requests to the path meet these faults, one each. */
  fault(path: string, ...faults: readonly Fault[]): void {
    this.#faults.set(path, [...(this.#faults.get(path) ?? []), ...faults])
  }

  /** Requests to a path, in order of arrival. */
  requests(path: string): Seen[] {
    return this.seen.filter((request) => request.path.split('?')[0] === path)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const received = new Uint8Array(Buffer.concat(parts))
    const packed = request.headers['content-encoding'] === 'zstd'
    const bytes = packed ? new Uint8Array((await Zstd.load()).decompress(received)) : received
    const path = request.url!.slice('/api/v1/'.length)
    const route = path.split('?')[0]!
    this.seen.push({
      method: request.method!,
      path,
      headers: request.headers,
      body: this.#decode(request, bytes),
      at: Date.now(),
    })
    const fault = this.#faults.get(route)?.shift()
    if (fault !== undefined && 'drop' in fault && fault.drop === 'before') return void request.socket.destroy()
    if (fault !== undefined && 'delayMs' in fault)
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs).unref())
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, { 'content-type': JSON_TYPE, ...fault.headers })
      return void response.end(fault.body ?? '')
    }
    const outcome = await this.#answer(request, route, bytes)
    if (fault !== undefined && 'drop' in fault) return void request.socket.destroy()
    const type = fault !== undefined && 'contentType' in fault ? fault.contentType : outcome.contentType
    if (fault !== undefined && 'truncate' in fault) {
      const length = fault.brokenLength === true ? outcome.body.length : fault.truncate
      response.writeHead(outcome.status, { 'content-type': type, 'content-length': length })
      response.write(outcome.body.slice(0, fault.truncate))
      return void (fault.brokenLength === true ? setTimeout(() => request.socket.destroy(), 5) : response.end())
    }
    response.writeHead(outcome.status, { 'content-type': type, 'content-length': outcome.body.length })
    response.end(outcome.body)
  }

  #decode(request: IncomingMessage, bytes: Uint8Array): unknown {
    if (bytes.length === 0) return undefined
    if (namesProtobuf(request.headers['content-type'])) {
      const call = decodeForwardBackwardProto(bytes)
      return call.ok ? call.value : { undecodable: call.error }
    }
    const parsed = parseJson(Buffer.from(bytes).toString())
    return parsed.ok ? parsed.value : { undecodable: parsed.error }
  }

  async #answer(request: IncomingMessage, route: string, bytes: Uint8Array): Promise<Encoded> {
    const { flags, key, bodies = 'both', holdMs = 1000, needsRequestId } = this.#options
    if (needsRequestId && request.headers['x-request-id'] === undefined)
      return json(400, { detail: 'Missing x-request-id header' })
    const body = this.#decode(request, bytes)
    if (key !== undefined && request.headers['x-api-key'] !== key) return json(401, { detail: 'Invalid API key' })
    const own = this.routes.get(route)
    if (own !== undefined)
      return this.#encode(await own(body, request.url!.slice('/api/v1/'.length)), namesProtobuf(request.headers.accept))
    if (request.method === 'GET' && !READABLE.test(route)) return json(405, { detail: 'Method Not Allowed' })
    if (route === 'client/config') return flags === null ? json(404, { detail: 'Not Found' }) : json(200, flags ?? {})
    if (route === 'forward_backward' || route === 'forward') {
      const proto = namesProtobuf(request.headers['content-type'])
      if (proto && bodies === 'json') return json(422, { detail: 'Input should be a valid dictionary' })
      if (!proto && bodies === 'protobuf') return json(415, { detail: 'Unsupported Media Type' })
      const read = proto ? decodeForwardBackwardProto(bytes) : decodeForwardBackwardJson(body, route === 'forward')
      if (!read.ok) return json(422, { detail: read.error })
      return this.#encode(this.model.forwardBackward(read.value), false)
    }
    if (route === 'retrieve_future') {
      const { request_id: id } = body as { request_id: string }
      return this.#encode(await this.model.retrieve(id, holdMs), namesProtobuf(request.headers.accept))
    }
    return this.#encode(this.model.answer(request.method!, route, body as Record<string, unknown>), false)
  }

  #encode(outcome: PeerOutcome, protobuf: boolean): Encoded {
    if (protobuf && outcome.proto !== undefined)
      return { status: 200, contentType: PROTOBUF_TYPE, body: Buffer.from(outcome.proto()) }
    return json(outcome.status ?? 200, outcome.json)
  }
}

/** Routes that are read; everything else is posted. */
const READABLE = /^(healthz|get_server_capabilities|(training_runs|checkpoints|sessions|samplers|audit|billing)\b.*)$/

type Encoded = { readonly status: number; readonly contentType: string; readonly body: Buffer }

function json(status: number, body: unknown): Encoded {
  return { status, contentType: JSON_TYPE, body: Buffer.from(body === undefined ? '' : stringifyJson(body)) }
}
