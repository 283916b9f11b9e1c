/** Reports to the server, and what is counted in memory. */
import { isUserError } from '#src/tinker/errors.ts'
import { TinkerError } from '#src/tinker/failure.ts'
import { distributionOf } from '#src/tinker/session/metrics.ts'
import { TELEMETRY_LIMITS, TelemetryReporter } from '#src/tinker/session/telemetry.ts'
import { durationText, errorContent, telemetryEvent } from '#src/tinker/session/telemetryEvents.ts'
import { Connection } from '#src/tinker/transport/connection.ts'
import { Peer } from '#src/tinker/testing/peer.ts'
import { check, elsewhere, isTinkex, near, same } from '../vector.ts'
import type { FailureCategory } from '#src/tinker/wire/futureAnswer.ts'
import type { Severity, TelemetryEvent } from '#src/tinker/session/telemetryEvents.ts'

type Report = {
  event_name?: string
  event_data?: Record<string, unknown>
  severity?: Severity
  events?: number
  error?: string
  queued?: number
  push?: number
}

const AT = new Date('2026-01-01T00:00:00Z')

/** The time of the case has no fraction of a second; ours always shows one. */
function timed(event: TelemetryEvent): object {
  return { ...event, timestamp: event.timestamp.replace('.000Z', 'Z') }
}

type Expected = Record<string, unknown> | { tinker_0_25_0: string }[]

export const telemetry = check<Report | { seconds: number }[], Expected>(async (input, expected, { name }) => {
  if (Array.isArray(input)) {
    const texts = input.map(({ seconds }) => durationText(seconds * 1000))
    return same(
      texts,
      (expected as { tinker_0_25_0: string }[]).map((one) => one.tinker_0_25_0),
    )
  }
  const wanted = expected as Record<string, unknown>
  if (input.event_name !== undefined) {
    const { event_name, event_data = {}, severity = 'INFO' } = input
    const content = { event: 'GENERIC_EVENT', event_name, event_data } as const
    return same(timed(telemetryEvent(content, Number(wanted['event_session_index']), severity, AT, 'id')), expected)
  }
  if (input.error !== undefined) {
    const [type = 'Error', message = ''] = input.error.split(': ')
    const error = Object.assign(new Error(message), { name: type, stack: undefined })
    const [content, severity] = errorContent(error)
    return same(timed(telemetryEvent(content, Number(wanted['event_session_index']), severity, AT, 'id')), expected)
  }
  if (input.queued !== undefined) return overflow(input.queued, wanted)
  if (/limits/.test(name)) {
    const { batch, queue, intervalMs, httpTimeoutMs, drainMs } = TELEMETRY_LIMITS
    const times = { flush_interval_s: intervalMs / 1000, flush_timeout_s: drainMs / 1000 }
    return same({ max_batch: batch, max_queue: queue, ...times, http_timeout_s: httpTimeoutMs / 1000 }, expected)
  }
  return envelope(wanted)
})

/** A full queue loses the new event. Nothing is sent meanwhile: the server holds the first batch back. */
async function overflow(queued: number, expected: Record<string, unknown>): Promise<void> {
  await withReporter(async (reporter) => {
    for (let i = reporter.queued; i < queued; i++) reporter.log('filled')
    same({ accepted: reporter.log('one more'), queued: reporter.queued }, expected)
  })
}

/** Which members a batch has; their values are those of this machine. */
async function envelope(expected: Record<string, unknown>): Promise<void> {
  await withReporter(async (reporter, peer) => {
    reporter.log('x')
    await reporter.flush()
    same(Object.keys(peer.requests('telemetry')[0]?.body as object).sort(), Object.keys(expected).sort())
  })
}

async function withReporter(work: (reporter: TelemetryReporter, peer: Peer) => Promise<void>): Promise<void> {
  const peer = await Peer.start({})
  const connection = new Connection({ baseUrl: peer.url, apiKey: 'tml-vectors' })
  try {
    await work(new TelemetryReporter({ connection, sessionId: 's', betweenTriesMs: 1 }), peer)
  } finally {
    connection.close()
    await peer.stop()
  }
}

type Errors = (number | string)[] | { error: string; cause: object }

export const userError = check<Errors, boolean[] | boolean>((input, expected, vector) => {
  if (isTinkex(vector)) elsewhere('Tinkex leaves two statuses out')
  if (!Array.isArray(input)) return same(isUserError(new Error(input.error, { cause: input.cause })), expected)
  const sorted = input.map((one) =>
    typeof one === 'number'
      ? isUserError({ status: one })
      : isUserError(new TinkerError({ kind: 'failed', category: one as FailureCategory, message: '', status: 400 })),
  )
  same(sorted, expected)
})

export const metricsService = check<{ samples: number[] | string }, object>(({ samples }, expected) => {
  const [from = 0, to = 0] = typeof samples === 'string' ? samples.split('..').map(Number) : []
  const values = typeof samples === 'string' ? Array.from({ length: to - from + 1 }, (_, i) => from + i) : samples
  near({ ...distributionOf(Float64Array.from(values)) }, expected, 1e-9)
})
