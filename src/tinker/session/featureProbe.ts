/** Finds out once what a server offers, by requests that change nothing, and goes on learning from what is used. */
import { ok } from '../../base/result.ts'
import { FEATURE_NAMES, FEATURES, featureOfCall, knownFromHandshake, probeOf } from './features.ts'
import { Slots } from '../transport/limits.ts'
import { wordsOf } from '../transport/answers.ts'
import type { Result } from '../../base/result.ts'
import type { Call, Connection } from '../transport/connection.ts'
import type { Feature, FeatureReport, FeatureState } from './features.ts'
import type { Failure } from '../failure.ts'

const PROBES_AT_ONCE = 4
const PROBE_TIMEOUT_MS = 10_000
/** A route that no server has: how it answers is how this one says "no such route". */
const NOWHERE = 'tunegraph-probe-nowhere'

type Answered = { readonly status: number; readonly words: string | undefined }
/** How the server says "no such route", and whether it says "wrong method" apart from it. */
type Manner = { readonly nowhere: Answered | undefined; readonly tellsMethods: boolean }

export class Features {
  readonly #connection: Connection
  readonly #learned = new Map<Feature, FeatureState>()
  #probed: Promise<Result<void, Failure>> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    connection.watcher = (call, failure) => this.#learn(call, failure)
  }

  /** The whole list. The first call asks the server; later ones add what was learned since. */
  async report(): Promise<Result<FeatureReport, Failure>> {
    this.#probed ??= this.#probe().then((result) => {
      if (!result.ok) this.#probed = undefined
      return result
    })
    const probed = await this.#probed
    return probed.ok ? ok(this.#sofar()) : probed
  }

  /** The form in which training data were taken. */
  noteBodies(form: 'json' | 'protobuf'): void {
    this.#learned.set(form === 'json' ? 'jsonBodies' : 'protobufBodies', { has: 'yes', why: 'it was used' })
  }

  #sofar(): FeatureReport {
    const unknown: FeatureState = { has: 'unknown', why: 'nothing tells before it is used' }
    const rows = FEATURE_NAMES.map((feature) => {
      const state = this.#learned.get(feature) ?? unknown
      return [feature, { ...state, title: FEATURES[feature].title }] as const
    })
    return Object.fromEntries(rows) as FeatureReport
  }

  /** What was seen goes over what was guessed; a refusal for other reasons still shows that somebody is at home. */
  #learn(call: Call, failure: Failure | undefined): void {
    const feature = featureOfCall(call.method, call.path)
    if (feature === undefined) return
    if (failure === undefined) {
      if (this.#learned.get(feature)?.has !== 'yes') this.#learned.set(feature, { has: 'yes', why: 'it was used' })
    } else if (failure.kind === 'unsupported')
      this.#learned.set(feature, { has: 'no', why: `${call.request} was answered with ${failure.status}` })
  }

  async #probe(): Promise<Result<void, Failure>> {
    const profile = await this.#connection.profile()
    if (!profile.ok) return profile
    for (const [feature, state] of Object.entries(knownFromHandshake(profile.value)))
      if (!this.#learned.has(feature as Feature)) this.#learned.set(feature as Feature, state)
    const manner = await this.#mannerOfServer()
    const slots = new Slots(PROBES_AT_ONCE)
    await Promise.all(
      FEATURE_NAMES.filter((feature) => !this.#learned.has(feature)).map(async (feature) => {
        if (!(await slots.acquire(this.#connection.signal))) return
        try {
          const state = await this.#askFor(feature, manner)
          // Somebody may have used it in the meantime, and use is proof.
          if (state !== undefined && !this.#learned.has(feature)) this.#learned.set(feature, state)
        } finally {
          slots.release()
        }
      }),
    )
    return ok(undefined)
  }

  async #mannerOfServer(): Promise<Manner> {
    const [nowhere, known] = await Promise.all([this.#ask(NOWHERE), this.#ask('create_session')])
    return { nowhere, tellsMethods: known?.status === 405 && nowhere?.status !== 405 }
  }

  async #askFor(feature: Feature, manner: Manner): Promise<FeatureState | undefined> {
    const probe = probeOf(feature)
    if (probe === undefined) return undefined
    const answer = await this.#ask('get' in probe ? probe.get : probe.wrongMethod)
    if (answer === undefined) return { has: 'unknown', why: 'the question was not answered' }
    if (answer.status === 401 || answer.status === 403)
      return { has: 'unknown', why: `the key may not see it (${answer.status})` }
    if ('get' in probe) {
      if (isNowhere(answer, manner)) return { has: 'no', why: 'there is no such route' }
      if (answer.status === 405 || answer.status === 501) return { has: 'no', why: `answered with ${answer.status}` }
      if (answer.status >= 500) return { has: 'unknown', why: `answered with ${answer.status}` }
      return { has: 'yes', why: `answered with ${answer.status}` }
    }
    if (!manner.tellsMethods)
      return { has: 'unknown', why: 'the server does not tell a wrong method from a missing route' }
    if (answer.status === 405) return { has: 'yes', why: 'the route is there' }
    if (isNowhere(answer, manner)) return { has: 'no', why: 'there is no such route' }
    return { has: 'unknown', why: `another route answered (${answer.status})` }
  }

  async #ask(path: string): Promise<Answered | undefined> {
    const ended = await this.#connection.attempt({
      request: `GET ${path}`,
      method: 'GET',
      path,
      timeoutMs: PROBE_TIMEOUT_MS,
      showRedirects: true,
      patience: 'once',
    })
    if (ended.outcome !== 'answered') return undefined
    return { status: ended.status, words: wordsOf(ended)?.replaceAll(path.split('?', 1)[0]!, '{path}') }
  }
}

/** The same status and, but for the path, the same words as for a route that exists nowhere. */
function isNowhere(answer: Answered, { nowhere }: Manner): boolean {
  return nowhere !== undefined && answer.status === nowhere.status && answer.words === nowhere.words
}
