/** How hard and from where a lost model is rebuilt. */

/** `latest` by step; `best` by a number that the caller reads from a save; or one address. */
export type CheckpointStrategy = 'latest' | 'best' | { readonly path: string }

export type RecoveryPolicy = {
  readonly enabled: boolean
  /** Attempts to rebuild after one loss. */
  readonly maxAttempts: number
  /** Wait after the first failed attempt, doubled for each one after, and the longest wait, ms. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** How often a monitor looks, ms. */
  readonly pollMs: number
  readonly strategy: CheckpointStrategy
  /** False goes on with a fresh optimizer: the replay is then no longer exact. */
  readonly restoreOptimizer: boolean
}

export const DEFAULT_POLICY: RecoveryPolicy = {
  enabled: true,
  maxAttempts: 3,
  backoffMs: 5000,
  maxBackoffMs: 60_000,
  pollMs: 30_000,
  strategy: 'latest',
  restoreOptimizer: true,
}

/**
 * Reads a policy from settings that a person or another program wrote: members in either spelling (`maxAttempts`,
 * `max_attempts`), unknown ones ignored, unusable ones replaced by the default.
 */
export function readPolicy(settings: unknown): RecoveryPolicy {
  const given = new Map<string, unknown>()
  if (typeof settings === 'object' && settings !== null)
    for (const [name, value] of Object.entries(settings)) given.set(name.replaceAll('_', '').toLowerCase(), value)
  const base = DEFAULT_POLICY
  return {
    enabled: booleanOr(given.get('enabled'), base.enabled),
    maxAttempts: countOr(given.get('maxattempts'), base.maxAttempts),
    backoffMs: countOr(given.get('backoffms'), base.backoffMs),
    maxBackoffMs: countOr(given.get('maxbackoffms'), base.maxBackoffMs),
    pollMs: countOr(given.get('pollms') ?? given.get('pollintervalms'), base.pollMs),
    strategy: strategyOr(given.get('strategy') ?? given.get('checkpointstrategy'), base.strategy),
    restoreOptimizer: booleanOr(given.get('restoreoptimizer'), base.restoreOptimizer),
  }
}

/** Wait after so many failed attempts, from 1, ms. */
export function recoveryWaitMs(failed: number, { backoffMs, maxBackoffMs }: RecoveryPolicy): number {
  return Math.min(backoffMs * 2 ** (failed - 1), maxBackoffMs)
}

function booleanOr(value: unknown, otherwise: boolean): boolean {
  return typeof value === 'boolean' ? value : otherwise
}

function countOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : otherwise
}

function strategyOr(value: unknown, otherwise: CheckpointStrategy): CheckpointStrategy {
  if (typeof value === 'object' && value !== null) {
    const { path } = value as { readonly path?: unknown }
    return typeof path === 'string' && path !== '' ? { path } : otherwise
  }
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  return word === 'latest' || word === 'best' ? word : otherwise
}
