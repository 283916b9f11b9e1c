/** The door to one server: makes training and sampling clients, lists models, says what is wrong with the connection. */
import { inPage } from './config.ts'
import { TinkerError } from './failure.ts'
import { part } from './part.ts'
import { openSampler } from './sampling/openSampler.ts'
import { SamplingClient } from './samplingClient.ts'
import { makeContext } from './session/serviceContext.ts'
import { Session } from './session/session.ts'
import { createModel } from './training/createModel.ts'
import { Connection } from './transport/connection.ts'
import type { Result } from '../base/result.ts'
import type { AdminClient } from './adminClient.ts'
import type { ServiceConfig } from './config.ts'
import type { Failure } from './failure.ts'
import type { RestClient } from './restClient.ts'
import type { SamplerOptions } from './sampling/openSampler.ts'
import type { SamplerHandle } from './samplingClient.ts'
import type { ConnectionReport } from './session/checkConnection.ts'
import type { Features } from './session/featureProbe.ts'
import type { SessionEnd } from './session/finish.ts'
import type { FeatureReport } from './session/features.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { TelemetryReporter } from './session/telemetry.ts'
import type { LoraOptions } from './training/createModel.ts'
import type { FromStateOptions } from './training/modelFromState.ts'
import type { TrainingClient } from './trainingClient.ts'
import type { Identity } from './transport/tokens.ts'
import type { ServerProfile } from './transport/connection.ts'
import type { ClientEvents } from './transport/events.ts'
import type { OpenAnswer, RawAnswer, RawCall } from './transport/raw.ts'

export type ModelSummary = {
  readonly name: string
  /** Tokens, prompt and answer together; undefined when the server does not say. */
  readonly maxContext: number | undefined
  /** Whether it can be trained and sampled from; absent when the server does not say. */
  readonly trainable?: boolean
  readonly sampleable?: boolean
}

export type ServerCapabilities = { readonly models: readonly ModelSummary[] }

/** Nothing is requested until it is needed. Every method rejects with a {@link TinkerError} only. */
export function createServiceClient(config: ServiceConfig): ServiceClient {
  return new ServiceClient(config)
}

export class ServiceClient {
  readonly #config: ServiceConfig
  readonly #connection: Connection
  readonly #session: Session
  #context: ServiceContext | undefined
  #features: Features | undefined

  constructor(config: ServiceConfig) {
    this.#config = config
    this.#connection = new Connection(config)
    this.#session = new Session(this.#connection, config)
  }

  get closed(): boolean {
    return this.#connection.closed
  }

  /** Every request, retry, pause and change of the session, as data. Silent after the close. */
  get events(): ClientEvents {
    return this.#connection.events
  }

  /** What the server offers: asked once, by requests that change nothing, and added to by what is used since. */
  async getFeatures(): Promise<FeatureReport> {
    const { Features } = await part(import('./session/featureProbe.ts'))
    const features = (this.#features ??= new Features(this.#connection))
    const form = this.#context?.bodies.settled
    if (form !== undefined) features.noteBodies(form)
    return valueOf(await features.report())
  }

  /** Whom the credential belongs to; undefined for keys that do not say. Asks nobody but for the handshake. */
  async whoami(): Promise<Identity | undefined> {
    valueOf(await this.#connection.profile())
    const { bearer } = this.#connection
    if (bearer === undefined) return undefined
    const { identityOf, jwtClaims } = await part(import('./transport/tokens.ts'))
    return identityOf(jwtClaims(bearer))
  }

  /** Any route of the server, its answer as it came. */
  async send(call: RawCall): Promise<RawAnswer> {
    const { sendRaw } = await part(import('./transport/raw.ts'))
    return valueOf(await sendRaw(this.#connection, call))
  }

  /** Any route of the server, its body as it arrives. */
  async open(call: RawCall): Promise<OpenAnswer> {
    const { openRaw } = await part(import('./transport/raw.ts'))
    return valueOf(await openRaw(this.#connection, call))
  }

  /** The report to the server; undefined unless `telemetry` is on and there is a session. */
  telemetry(): Promise<TelemetryReporter | undefined> {
    return this.#session.telemetry()
  }

  /** Flags and age of the server, from the handshake. */
  async getServerProfile(): Promise<ServerProfile> {
    return valueOf(await this.#connection.profile())
  }

  async getServerCapabilities(signal?: AbortSignal): Promise<ServerCapabilities> {
    const { serverCapabilities } = await part(import('./info.ts'))
    return serverCapabilities(this.#connection, signal)
  }

  /** A new model with a fresh adapter. */
  async createLoraTrainingClient(options: LoraOptions): Promise<TrainingClient> {
    return createModel(await this.#ready(), options)
  }

  /** A new model that goes on from saved training state. */
  async createTrainingClientFromState(path: string, options: FromStateOptions): Promise<TrainingClient> {
    const { createModelFromState } = await part(import('./training/modelFromState.ts'))
    return createModelFromState(await this.#ready(), this.#config, path, options)
  }

  /** Samples from saved weights or from a base model. */
  async createSamplingClient(options: SamplerOptions): Promise<SamplingClient> {
    return openSampler(await this.#ready(), options)
  }

  /**
   * A copy of a sampling client of another thread or process. It draws request numbers of its own and opens no session:
   * that of the original must stay alive.
   */
  async samplingClientFrom({ samplingSessionId }: SamplerHandle): Promise<SamplingClient> {
    return new SamplingClient(await this.#ready(), samplingSessionId, 'copy')
  }

  /** Lists and changes runs and checkpoints. Makes no session. */
  async rest(): Promise<RestClient> {
    const { RestClient } = await part(import('./restClient.ts'))
    return new RestClient(this.#connection)
  }

  /** Tries the connection step by step and says what is wrong and what would mend it. Rejects only where it cannot be loaded. */
  async checkConnection(signal?: AbortSignal): Promise<ConnectionReport> {
    const { checkConnection } = await part(import('./session/checkConnection.ts'))
    return checkConnection(this.#config, signal)
  }

  /** Audit log and usage of an organisation, for those who may see them. Makes no session. */
  async admin(): Promise<AdminClient> {
    const { AdminClient } = await part(import('./adminClient.ts'))
    return new AdminClient(this.#connection)
  }

  /**
   * Tells the server that the session is over and how, then closes. Nothing works in that session afterwards. Servers
   * before SDK 0.38 have no word for it: the session then ends by itself when its heartbeats stay away.
   */
  async finish(status: SessionEnd, detail?: string): Promise<void> {
    try {
      const id = await this.#session.openId()
      if (id === undefined || this.closed) return
      const { finishSession } = await part(import('./session/finish.ts'))
      await finishSession(this.#connection, id, status, detail)
    } finally {
      await this.close()
    }
  }

  /** Ends everything at once: waiting results reject as aborted, heartbeats and timers stop. Nothing is sent but the last report where `telemetry` is on. */
  async close(): Promise<void> {
    this.#connection.close()
    await this.#session.reported()
  }

  /** `await using service = createServiceClient(…)` closes it at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #ready(): Promise<ServiceContext> {
    const profile = valueOf(await this.#connection.profile())
    const { pollStatistics = !inPage(this.#config) } = this.#config
    const told = pollStatistics ? (await part(import('./transport/pollStatistics.ts'))).pollHeaders : undefined
    this.#context ??= makeContext(this.#config, this.#connection, this.#session, profile, told)
    return this.#context
  }
}

function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}
