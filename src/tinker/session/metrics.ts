/** Counters, gauges and distributions of what a client does, kept in memory for whoever wants to look. */
import type { ClientEvents } from '../transport/events.ts'

export type Distribution = {
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
  /** Mean of the middle pair where the count is even. */
  readonly p50: number
  /** Nearest rank. */
  readonly p95: number
  readonly p99: number
}

export type MetricsSnapshot = {
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number>>
  readonly histograms: Readonly<Record<string, Distribution>>
}

/** Samples kept per distribution: the newest. */
const KEPT = 10_000

export class Metrics {
  readonly #counters = new Map<string, number>()
  readonly #gauges = new Map<string, number>()
  readonly #samples = new Map<string, { values: Float64Array; count: number }>()

  increment(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }

  setGauge(name: string, value: number): void {
    this.#gauges.set(name, value)
  }

  record(name: string, value: number): void {
    const samples = this.#samples.get(name) ?? { values: new Float64Array(KEPT), count: 0 }
    this.#samples.set(name, samples)
    samples.values[samples.count++ % KEPT] = value
  }

  snapshot(): MetricsSnapshot {
    return {
      counters: Object.fromEntries(this.#counters),
      gauges: Object.fromEntries(this.#gauges),
      histograms: Object.fromEntries(
        [...this.#samples].map(([name, { values, count }]) => [
          name,
          distributionOf(values.slice(0, Math.min(count, KEPT))),
        ]),
      ),
    }
  }

  reset(): void {
    this.#counters.clear()
    this.#gauges.clear()
    this.#samples.clear()
  }
}

/** Of at least one value. Source: vectors, area metrics_service. */
export function distributionOf(values: Float64Array): Distribution {
  const sorted = values.toSorted()
  const n = sorted.length
  const rank = (p: number): number => sorted[Math.max(Math.ceil(p * n) - 1, 0)]!
  const middle = n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2
  const sum = sorted.reduce((total, value) => total + value, 0)
  return {
    count: n,
    mean: sum / n,
    min: sorted[0]!,
    max: sorted[n - 1]!,
    p50: middle,
    p95: rank(0.95),
    p99: rank(0.99),
  }
}

/** Keeps count of requests, retries, failures and bytes, and of how long requests take; returns the way to stop. */
export function meterEvents(events: ClientEvents, metrics: Metrics): () => void {
  const stops = [
    events.on('http:stop', ({ path, status, durationMs, bytesOut, bytesIn }) => {
      metrics.increment(`http.${status}`)
      metrics.increment('http.bytesOut', bytesOut)
      metrics.increment('http.bytesIn', bytesIn)
      metrics.record('http.ms', durationMs)
      // Long polls wait for the server's work: their time is no latency.
      if (path !== 'retrieve_future') metrics.record('http.latencyMs', durationMs)
    }),
    events.on('http:error', ({ outcome }) => metrics.increment(`http.${outcome}`)),
    events.on('retry', () => metrics.increment('retries')),
    events.on('failed', ({ failure }) => metrics.increment(`failed.${failure.kind}`)),
    events.on('queue', ({ state }) => metrics.increment(`queue.${state}`)),
    events.on('sampling', ({ inFlight }) => metrics.setGauge('samples.inFlight', inFlight)),
  ]
  return () => stops.forEach((stop) => stop())
}
