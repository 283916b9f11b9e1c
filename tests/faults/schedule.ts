/** From a seed: what kind of day it is, what the conversation is like, and which request meets which fault. */
import { deriveSeed, seededRng } from '#src/base/rng.ts'
import type { Rng } from '#src/base/rng.ts'
import type { Fault, ResetPoint } from './faults.ts'
import type { FaultChooser } from './proxy.ts'

/**
 * `passing`: faults come and go, and the conversation must end as if there had been none.
 * `lasting`: from some request on everything meets the same fault, and every operation must end with its true cause.
 * `closing`: faults come and go, and in the midst of it the client is closed.
 */
export type Day = 'passing' | 'lasting' | 'closing'

export type Schedule = {
  readonly seed: number
  readonly day: Day
  /** SFT steps, pipelined. */
  readonly steps: number
  readonly samples: number
  readonly announcesProtobuf: boolean
  readonly wire: 'auto' | 'json'
  /** Requests after which the lasting fault begins or the client is closed. */
  readonly after: number
  readonly lasting: Fault | undefined
  chooser(): FaultChooser
}

/** Client's patience with one exchange, ms. Silent faults last longer, and a busy machine must not look like one of them. */
export const EXCHANGE_MS = 1500
const POLLS = 'retrieve_future'
/** Outcomes that the client forgives only so often in one operation. */
const FORGIVEN_UNREADABLE = 3

const BODIES = ['html', 'empty', 'json'] as const

const RESETS: readonly ResetPoint[] = [
  'before the request is read',
  'in the request body',
  'before the answer',
  'in the answer head',
  'in the answer body',
  'after the answer',
]

export function scheduleOf(seed: number): Schedule {
  const rng = seededRng(deriveSeed(seed, 'schedule'))
  const day: Day = seed % 10 < 7 ? 'passing' : seed % 10 < 9 ? 'lasting' : 'closing'
  const share = [0.08, 0.2, 0.35][rng.int(3)]!
  const steps = 2 + rng.int(2)
  const after = rng.int(day === 'lasting' ? 30 : 20)
  const lasting = day === 'lasting' ? lastingFault(rng) : undefined
  return {
    seed,
    day,
    steps,
    samples: 3 + rng.int(5),
    announcesProtobuf: rng.next() < 0.5,
    wire: rng.next() < 0.75 ? 'auto' : 'json',
    after,
    lasting,
    chooser: () => chooserOf(seed, share, lasting, after),
  }
}

/** The same request of a route meets the same fault in every run of the seed, whatever the order among routes. */
function chooserOf(seed: number, share: number, lasting: Fault | undefined, after: number): FaultChooser {
  const seen = new Map<string, number>()
  const strained = new Map<string, number>()
  let requests = 0
  return ({ route, operation }) => {
    if (lasting !== undefined) return requests++ < after ? undefined : lasting
    const nth = seen.get(route) ?? 0
    seen.set(route, nth + 1)
    const rng = seededRng(deriveSeed(seed, route, nth))
    if (rng.next() >= share) return undefined
    const fault = passingFault(rng, route)
    if (!strains(fault)) return fault
    const times = strained.get(operation) ?? 0
    strained.set(operation, times + 1)
    return times < FORGIVEN_UNREADABLE ? fault : undefined
  }
}

/** Unreadable answers and conflicts are forgiven a few times only, so a passing schedule must not have more of them. */
function strains(fault: Fault): boolean {
  if (fault.does === 'truncate') return fault.honest
  if (fault.does === 'status') return fault.status === 200 || fault.status === 409 || fault.status === 500
  return fault.does === 'contentType'
}

function passingFault(rng: Rng, route: string): Fault {
  const kinds: readonly (() => Fault)[] = [
    () => ({ does: 'reset', at: pick(rng, RESETS) }),
    () => ({ does: 'reset', at: pick(rng, RESETS) }),
    () => ({ does: 'delay', what: pick(rng, ['request', 'answer']), ms: 5 + rng.int(40) }),
    () => ({ does: 'duplicate', answer: rng.int(2) as 0 | 1 }),
    () => ({ does: 'reorder', ms: 30 }),
    () => ({ does: 'truncate', share: rng.next(), honest: rng.next() < 0.5 }),
    () => ({
      does: 'contentType',
      type: pick(rng, ['text/plain', 'application/octet-stream', 'application/x-protobuf']),
    }),
    () => ({ does: 'contentType', type: pick(rng, ['application/json', 'text/html']) }),
    () => ({ does: 'trickle', bytes: 40, ms: 2 }),
    () => statusFault(rng, route),
    () => statusFault(rng, route),
    () => statusFault(rng, route),
    // Every silence costs the client its whole patience.
    () => pick(rng, silent(rng)),
  ]
  return pick(rng, kinds)()
}

function silent(rng: Rng): readonly Fault[] {
  return [
    { does: 'drop', what: 'request' },
    { does: 'drop', what: 'answer' },
    { does: 'late', ms: EXCHANGE_MS + 20 + rng.int(60) },
    { does: 'delay', what: 'answer', ms: EXCHANGE_MS + 50 },
    { does: 'trickle', bytes: 1, ms: 30 },
  ]
}

/**
 * A poll takes 409 and 425 for the operation's own failure, as the official SDK does: they are no passing faults there. A
 * save takes 409 for a name that exists, unless it is a page and so not the server's word.
 */
function statusFault(rng: Rng, route: string): Fault {
  const passing = [200, 408, 429, 500, 502, 503]
  const status = pick(rng, route === POLLS ? passing : [...passing, 409, 425])
  // A success that says nothing is something else than a refusal; in between there are pages and empty bodies only.
  const clash = status === 409 && route.startsWith('save')
  const body = pick(rng, clash ? BODIES.slice(0, 1) : status === 200 ? BODIES.slice(0, 2) : BODIES)
  const wait = rng.next()
  const headers: Record<string, string> =
    wait < 0.2 ? { 'retry-after-ms': '15' } : wait < 0.4 ? { 'retry-after': '0.02' } : {}
  return { does: 'status', status, after: rng.next() < 0.5, body, headers }
}

function lastingFault(rng: Rng): Fault {
  const status = pick(rng, [200, 408, 409, 425, 429, 500, 502, 503])
  const faults: readonly Fault[] = [
    { does: 'reset', at: pick(rng, RESETS.slice(0, 5)) },
    { does: 'drop', what: pick(rng, ['request', 'answer']) },
    { does: 'truncate', share: 0.5, honest: false },
    {
      does: 'status',
      status,
      after: rng.next() < 0.5,
      body: status === 200 ? 'html' : pick(rng, BODIES),
    },
  ]
  return pick(rng, [...faults, faults[3]!])
}

function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.int(items.length)]!
}
