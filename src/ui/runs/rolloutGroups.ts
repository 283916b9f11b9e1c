/** Sampled answers by what belongs side by side: a group of RL, or the answers of all policies to one row. */
import type { RolloutRecord } from '#src/ir/runEvent.ts'

export type RolloutGroup = {
  readonly key: string
  /** Null in evaluations, where answers of several policies meet. */
  readonly step: number | null
  readonly prompt: string
  readonly answer: string | null
  readonly members: readonly RolloutRecord[]
}

/** `mixed`: rewards differ within the group, which is what RL learns from and where policies disagree. */
export type RolloutFilter = 'all' | 'mixed' | 'best' | 'none'

/**
 * RL: the newest step first. Evaluations: rows in their order, policies in the order in which they were asked.
 * A filter drops groups and, for `best` and `none`, the members that it is not about.
 */
export function rolloutGroups(rollouts: readonly RolloutRecord[], filter: RolloutFilter): readonly RolloutGroup[] {
  const groups = new Map<string, RolloutGroup & { members: RolloutRecord[] }>()
  let evaluation = false
  for (const r of rollouts) {
    evaluation ||= r.policy !== null
    const key = r.policy === null ? `${r.step} ${r.group}` : `row ${r.group}`
    const group = groups.get(key)
    if (group) group.members.push(r)
    else {
      const step = r.policy === null ? r.step : null
      groups.set(key, { key, step, prompt: r.prompt, answer: r.answer, members: [r] })
    }
  }
  const ordered = [...groups.values()]
  if (!evaluation) ordered.reverse()
  return filter === 'all' ? ordered : ordered.flatMap((group) => filtered(group, filter))
}

function filtered(group: RolloutGroup, filter: Exclude<RolloutFilter, 'all'>): readonly RolloutGroup[] {
  const rewards = group.members.map((r) => r.reward)
  const best = Math.max(...rewards)
  if (filter === 'mixed') return best > Math.min(...rewards) ? [group] : []
  const members = group.members.filter((r) => (filter === 'best' ? r.reward === best && best > 0 : r.reward <= 0))
  return members.length > 0 ? [{ ...group, members }] : []
}

/** Neighbours with the same policy, so that a policy's name is said once before its answers. */
export function byPolicy(members: readonly RolloutRecord[]): readonly {
  readonly policy: string | null
  readonly members: readonly RolloutRecord[]
}[] {
  const runs: { policy: string | null; members: RolloutRecord[] }[] = []
  for (const r of members) {
    const last = runs.at(-1)
    if (last && last.policy === r.policy) last.members.push(r)
    else runs.push({ policy: r.policy, members: [r] })
  }
  return runs
}
