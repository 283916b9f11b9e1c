/** What each session asked for and when it ran, as a trace that Perfetto and chrome://tracing open. */
import type { Settled } from './futures.ts'

const SPANS_PER_SESSION = 20_000

type Span = Pick<Settled, 'requestId' | 'submittedAt' | 'begunAt' | 'settledAt'> & {
  readonly kind: string
  readonly lane: string
  readonly failure: string | null
}

export class Timeline {
  readonly #sessions = new Map<string, Span[]>()

  add({ about, outcome, ...times }: Settled): void {
    if (about.sessionId === null) return
    const spans = this.#sessions.get(about.sessionId) ?? []
    this.#sessions.set(about.sessionId, spans)
    spans.push({
      ...times,
      kind: about.kind,
      lane: about.modelId ?? about.stream ?? 'session',
      failure: outcome.ok ? null : outcome.message,
    })
    if (spans.length > SPANS_PER_SESSION) spans.shift()
  }

  drop(sessionId: string): void {
    this.#sessions.delete(sessionId)
  }

  /** Trace Event Format: a complete event for each wait in the queue and each run; times in microseconds. */
  trace(sessionId: string): Uint8Array<ArrayBuffer> {
    const spans = this.#sessions.get(sessionId) ?? []
    const lanes = [...new Set(spans.map((span) => span.lane))]
    const events: unknown[] = lanes.map((name, tid) => ({ ph: 'M', name: 'thread_name', pid: 1, tid, args: { name } }))
    for (const span of spans) {
      const { kind, requestId, submittedAt, settledAt, failure } = span
      const begunAt = span.begunAt ?? settledAt
      const at = { ph: 'X', pid: 1, tid: lanes.indexOf(span.lane) }
      const args = { request_id: requestId, ...(failure === null ? {} : { error: failure }) }
      if (begunAt > submittedAt)
        events.push({
          ...at,
          cat: 'queue',
          name: 'queued',
          ts: submittedAt * 1000,
          dur: (begunAt - submittedAt) * 1000,
        })
      events.push({ ...at, cat: kind, name: kind, ts: begunAt * 1000, dur: (settledAt - begunAt) * 1000, args })
    }
    const trace = { displayTimeUnit: 'ms', otherData: { session_id: sessionId }, traceEvents: events }
    return new TextEncoder().encode(JSON.stringify(trace))
  }
}
