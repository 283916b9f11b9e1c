/** What a server offers, as data: a closed list of features, each with yes, no or unknown, and why. */
import type { ServerProfile } from '../transport/handshake.ts'

/** How it is found out, besides by using it: a request that changes nothing. */
type Probe =
  /** A reading route of its own. Any answer but "no such route" says yes. */
  | { readonly get: string }
  /** A route that changes something is asked with the wrong method: 405 says that it is there. */
  | { readonly wrongMethod: string; readonly method: 'POST' | 'PUT' | 'DELETE' }
  /** Known by flags or by what happened only. */
  | undefined

type FeatureRow = { readonly title: string; readonly probe?: Probe }

/** `{id}` stands for something that exists nowhere. */
const NOBODY = 'tunegraph-probe'
const NO_RUN = `training_runs/${NOBODY}`
const NO_CHECKPOINT = `${NO_RUN}/checkpoints/weights/${NOBODY}`

export const FEATURES = {
  clientConfig: { title: 'Says its settings to clients' },
  dynamicConfig: {
    title: 'Changes its settings while clients live',
    probe: { wrongMethod: 'client/dynamic_config', method: 'POST' },
  },
  shortLivedTokens: {
    title: 'Exchanges keys for short-lived tokens',
    probe: { wrongMethod: 'auth/token', method: 'POST' },
  },
  protobufBodies: { title: 'Takes training data as protobuf' },
  jsonBodies: { title: 'Takes training data as JSON' },
  zstdBodies: { title: 'Takes compressed training data' },
  forwardBackward: { title: 'Training', probe: { wrongMethod: 'forward_backward', method: 'POST' } },
  loadWeights: { title: 'Loads saved weights into a model', probe: { wrongMethod: 'load_weights', method: 'POST' } },
  weightsInfo: {
    title: 'Says what a checkpoint was trained from',
    probe: { wrongMethod: 'weights_info', method: 'POST' },
  },
  unloadModel: {
    title: 'Frees a model before its session ends',
    probe: { wrongMethod: 'unload_model', method: 'POST' },
  },
  sampling: { title: 'Sampling', probe: { wrongMethod: 'asample', method: 'POST' } },
  samplerInfo: { title: 'Says which weights a sampler has', probe: { get: `samplers/${NOBODY}` } },
  promptLogprobs: { title: 'Log-probabilities of a prompt' },
  topkPromptLogprobs: { title: 'Most likely tokens along a prompt' },
  cancelSamples: {
    title: 'Stops samples that nobody waits for',
    probe: { wrongMethod: 'cancel_future', method: 'POST' },
  },
  sharedPoll: { title: 'One poll for all samples', probe: { wrongMethod: 'retrieve_futures', method: 'POST' } },
  listRuns: { title: 'Lists training runs', probe: { get: 'training_runs?limit=1' } },
  listRunCheckpoints: { title: 'Lists the checkpoints of a run', probe: { get: `${NO_RUN}/checkpoints` } },
  listCheckpoints: { title: 'Lists all checkpoints', probe: { get: 'checkpoints?limit=1' } },
  deleteCheckpoint: { title: 'Deletes checkpoints', probe: { wrongMethod: NO_CHECKPOINT, method: 'DELETE' } },
  downloadCheckpoint: { title: 'Hands out checkpoints as archives', probe: { get: `${NO_CHECKPOINT}/archive` } },
  publishCheckpoint: {
    title: 'Makes checkpoints public',
    probe: { wrongMethod: `${NO_CHECKPOINT}/publish`, method: 'POST' },
  },
  checkpointLifetime: {
    title: 'Lets checkpoints expire',
    probe: { wrongMethod: `${NO_CHECKPOINT}/ttl`, method: 'PUT' },
  },
  listSessions: { title: 'Lists sessions', probe: { get: 'sessions?limit=1' } },
  finishSession: {
    title: 'Is told when a session is over',
    probe: { wrongMethod: `sessions/${NOBODY}/finish`, method: 'POST' },
  },
  moveToProject: {
    title: 'Sorts sessions into projects',
    probe: { wrongMethod: `sessions/${NOBODY}/project`, method: 'PUT' },
  },
  traceExport: { title: 'Exports the trace of a session', probe: { get: `sessions/${NOBODY}/trace_export` } },
  auditLog: { title: 'Audit log', probe: { get: 'audit' } },
  usage: { title: 'Usage for billing', probe: { get: 'billing/usage/events' } },
  telemetry: { title: 'Takes reports of use', probe: { wrongMethod: 'telemetry', method: 'POST' } },
} as const satisfies Readonly<Record<string, FeatureRow>>

export type Feature = keyof typeof FEATURES
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[]

export type FeatureState = {
  readonly has: 'yes' | 'no' | 'unknown'
  /** For a person: how this is known. */
  readonly why: string
}

/** `title` names the feature for a person. */
export type FeatureReport = Readonly<Record<Feature, FeatureState & { readonly title: string }>>

export function probeOf(feature: Feature): Probe {
  const row: FeatureRow = FEATURES[feature]
  return row.probe
}

/** What the handshake already says. */
export function knownFromHandshake({ legacy, flags, kind }: ServerProfile): Partial<Record<Feature, FeatureState>> {
  const yes = (why: string): FeatureState => ({ has: 'yes', why })
  const no = (why: string): FeatureState => ({ has: 'no', why })
  if (legacy) {
    const old = 'the server is of the time before client/config'
    const late = [
      'dynamicConfig',
      'shortLivedTokens',
      'protobufBodies',
      'zstdBodies',
      'sharedPoll',
      'cancelSamples',
    ] as const
    return {
      clientConfig: no('there is no client/config'),
      jsonBodies: yes(old),
      ...Object.fromEntries(late.map((feature) => [feature, no(old)])),
      ...(kind === 'twinkle'
        ? { topkPromptLogprobs: no('Twinkle computes none'), promptLogprobs: no('Twinkle computes none') }
        : {}),
    }
  }
  return {
    clientConfig: yes('the handshake'),
    ...(flags.pjwt_auth_enabled ? { shortLivedTokens: yes('the server asked for it') } : {}),
    zstdBodies: flags.proto_compress_fwdbwd ? yes('the server asked for it') : no('the server did not ask for it'),
    ...(flags.proto_write_fwdbwd === true || kind === 'tinker' ? { protobufBodies: yes('its settings') } : {}),
    ...(flags.sample_use_retrieve_futures ? { sharedPoll: yes('the server asked for it') } : {}),
  }
}

/** The feature that a call made use of; undefined for calls that say nothing of any. */
export function featureOfCall(method: string, path: string): Feature | undefined {
  const plain = path.split('?', 1)[0]!
  const direct = BY_PATH.get(`${method} ${plain}`)
  if (direct !== undefined || !plain.includes('/')) return direct
  const last = plain.slice(plain.lastIndexOf('/') + 1)
  if (plain.startsWith('training_runs/')) {
    if (last === 'checkpoints') return 'listRunCheckpoints'
    if (last === 'archive') return 'downloadCheckpoint'
    if (last === 'publish') return 'publishCheckpoint'
    if (last === 'ttl') return 'checkpointLifetime'
    return method === 'DELETE' ? 'deleteCheckpoint' : 'listRuns'
  }
  if (plain.startsWith('samplers/')) return 'samplerInfo'
  if (!plain.startsWith('sessions/')) return undefined
  return last === 'finish'
    ? 'finishSession'
    : last === 'project'
      ? 'moveToProject'
      : last === 'trace_export'
        ? 'traceExport'
        : 'listSessions'
}

const BY_PATH = new Map(
  FEATURE_NAMES.flatMap((feature): [string, Feature][] => {
    const probe = probeOf(feature)
    if (probe === undefined) return []
    if ('get' in probe) return [[`GET ${probe.get.split('?', 1)[0]!}`, feature]]
    return [[`${probe.method} ${probe.wrongMethod}`, feature]]
  }),
)
