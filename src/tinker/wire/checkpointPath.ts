/** Checkpoint addresses: `scheme://run/weights/name` for training state, `scheme://run/sampler_weights/name` for samplers. */
import { err, ok } from '../../base/result.ts'
import { pathSegments } from './pathSegments.ts'
import type { Result } from '../../base/result.ts'

/** `external` ones are exported files, saved by newer SDKs. */
export type CheckpointType = 'training' | 'sampler' | 'external'

const KINDS = { training: 'weights', sampler: 'sampler_weights', external: 'external_weights' } as const

export type CheckpointPath = {
  readonly runId: string
  readonly type: CheckpointType
  /** As the REST routes name it: `weights/0001`. */
  readonly checkpointId: string
}

const SCHEMES = ['tinker://', 'twinkle://']

/**
 * Takes an address apart. Run ids and names are opaque (a run id may hold `:`); nothing is percent-decoded.
 * The error is a sentence. Only REST routes need the parts: elsewhere an address is passed on as it came.
 */
export function parseCheckpointPath(path: string): Result<CheckpointPath, string> {
  const scheme = SCHEMES.find((s) => path.startsWith(s))
  if (scheme === undefined) return err(`a checkpoint path starts with tinker://, unlike ${JSON.stringify(path)}`)
  const [runId, kind, name, ...rest] = path.slice(scheme.length).split('/')
  if (!runId || name === undefined || rest.length > 0)
    return err(`a checkpoint path has the parts run/kind/name, unlike ${JSON.stringify(path)}`)
  const type = checkpointTypeOf(kind)
  if (type === null) return err(`a checkpoint is of the kind weights or sampler_weights, not ${JSON.stringify(kind)}`)
  return ok({ runId, type, checkpointId: `${kind}/${name}` })
}

export function formatCheckpointPath(runId: string, type: CheckpointType, name: string): string {
  return `tinker://${runId}/${KINDS[type]}/${name}`
}

/** The type that a path's second part names; null for any other word. */
export function checkpointTypeOf(kind: string | undefined): CheckpointType | null {
  return (Object.keys(KINDS) as CheckpointType[]).find((type) => KINDS[type] === kind) ?? null
}

/** Id of a checkpoint within its run, as the REST routes name it: `weights/0001`. */
export function formatCheckpointId(type: CheckpointType, name: string): string {
  return `${KINDS[type]}/${name}`
}

/** Path of the REST resource of a checkpoint, below the base URL; `action` as in `archive`, `publish`, `ttl`. */
export function checkpointRoute(path: CheckpointPath, action?: 'archive' | 'publish' | 'ttl'): string {
  const route = `/api/v1/training_runs/${pathSegments(path.runId)}/checkpoints/${pathSegments(path.checkpointId)}`
  return action === undefined ? route : `${route}/${action}`
}
