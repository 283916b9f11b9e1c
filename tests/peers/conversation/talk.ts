/** Holds a whole conversation with a server, each step on its own: what worked, what the server lacks, what failed. */
import { createServiceClient, DEFAULT_TUNING, failureOf } from '#src/tinker/index.ts'
import { STEPS } from './steps.ts'
import type { Facts } from './facts.ts'

export type Verdict = 'works' | 'lacks' | 'failed' | 'not tried'

export type Row = {
  readonly step: string
  readonly verdict: Verdict
  /** What was seen, or why not. */
  readonly note: string
  readonly ms: number
}

export type Target = { readonly url: string; readonly model?: string; readonly key?: string; readonly limitMs?: number }

/** A step that takes longer has failed: a queue of the hosted service may be long, nobody waits for ever. */
const LIMIT_MS = 300_000

/** `say` hears each row as soon as it is there. Never rejects for what a server does. */
export async function talk(target: Target, say: (row: Row) => void): Promise<readonly Row[]> {
  const { url, key, model, limitMs = LIMIT_MS } = target
  const rows: Row[] = []
  const facts: Partial<Facts> = {
    ...(model === undefined ? {} : { model }),
    url,
    ...(key === undefined ? {} : { key }),
  }
  // Somebody waits for the table: a server that is broken is called so after half a minute, not after five.
  const tuning = { retry: { ...DEFAULT_TUNING.retry, windowMs: 30_000 } }
  const service = createServiceClient({ baseUrl: url, tuning, ...(key === undefined ? {} : { apiKey: key }) })
  try {
    for (const step of STEPS) {
      const missing = step.needs.filter((name) => facts[name] === undefined)
      const from = Date.now()
      const outcome =
        missing.length > 0
          ? ({ verdict: 'not tried', note: `needs ${missing.join(', ')}` } as const)
          : await within(limitMs, step.act(service, facts as Facts, facts))
      const row = { step: step.title, ...outcome, ms: Date.now() - from }
      rows.push(row)
      say(row)
    }
    return rows
  } finally {
    await service.close()
  }
}

async function within(limitMs: number, work: Promise<string>): Promise<Pick<Row, 'verdict' | 'note'>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${limitMs / 1000} s`)), limitMs)
  })
  try {
    return { verdict: 'works', note: await Promise.race([work, late]) }
  } catch (error) {
    const failure = failureOf(error)
    const words = error instanceof Error ? error.message : String(error)
    if (failure === undefined) return { verdict: 'failed', note: words }
    const status = failure.status === undefined ? '' : ` (${failure.status})`
    return { verdict: isLack(failure.kind, failure.status) ? 'lacks' : 'failed', note: `${words}${status}` }
  } finally {
    clearTimeout(timer)
  }
}

/** The server has no such route, or says that it cannot do this. */
function isLack(kind: string, status: number | undefined): boolean {
  return kind === 'unsupported' || status === 405 || status === 501
}
