/** What the probe of rewards would like to look at, and what it found. Sources: features 5.18, recipes §8 V46–V50. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { Facts } from '../../ir/dataset.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { GraderSpec, PipelineConfig, RewardSpec } from '../../ir/pipelineConfig.ts'
import { probeKey } from '../../ir/rewardProbe.ts'
import type { ProbeRequest, RewardProbe } from '../../ir/rewardProbe.ts'
import { compilerDiagnostic } from '../codes.ts'

/** Below this share a score is as good as none. */
const NOTHING = 0.05
/** Share of answers on which a pattern may run out of steps. */
const GIVES_UP = 0.01
/** An answer without content that earns this share of what a right one earns is worth gaming. */
const EASY = 0.5

/** Every set of rewards with the rows that it grades, each once. */
export function probeRequests(stages: readonly PipelineConfig[]): readonly ProbeRequest[] {
  const byKey = new Map<string, ProbeRequest>()
  for (const stage of stages) {
    if (stage.mode === 'sft') continue
    let asked = known.get(stage)
    if (!asked) known.set(stage, (asked = requestsOf(stage)))
    for (const { key, request } of asked) byKey.set(key, request)
  }
  return [...byKey.values()]
}

type Asked = readonly { readonly key: string; readonly request: ProbeRequest }[]

/** Stages are immutable, and most of a drawing are those of the compile before. */
const known = new WeakMap<PipelineConfig, Asked>()

function requestsOf(stage: PipelineConfig): Asked {
  const rewards = rewardsOf(stage)
  if (rewards.length === 0) return []
  return partsOf(stage.dataset).map((spec) => {
    const { source, mapping } = spec
    return { key: probeKey({ dataset: spec, rewards }), request: { dataset: { source, mapping }, rewards } }
  })
}

export function probeProblems(requests: readonly ProbeRequest[], facts: Facts): Diagnostic[] {
  const said = new Set<string>()
  return requests.flatMap((request) => {
    const probe = facts.probes?.[probeKey(request)]
    if (!probe) return []
    const found = request.rewards.flatMap((reward) => problemsOf(reward, probe))
    // The same reward over several sets is told once.
    return found.filter(({ code, at }) => {
      const place = `${code} ${JSON.stringify(at)}`
      return !said.has(place) && said.add(place)
    })
  })
}

function problemsOf(reward: RewardSpec, probe: RewardProbe): Diagnostic[] {
  const means = probe.means[reward.node]
  if (!means) return []
  const { grader, title, node } = reward
  const at = { on: 'node', node } as const
  const data = { means: { ...means }, rows: probe.rows }
  const percent = (mean: number): string => `${Math.round(mean * 100)} %`
  const gaveUp = probe.gaveUp?.[node] ?? 0
  if (gaveUp > GIVES_UP) {
    const message = `The pattern of “${title}” took too long on ${percent(gaveUp)} of the answers that were tried, which then score 0; avoid nested repeats like (a+)+.`
    return [compilerDiagnostic('CM3806', { on: 'field', node, field: 'pattern' }, message, { data: { gaveUp } })]
  }
  if (means.gold < NOTHING) {
    if (!demandsForm(grader)) {
      const message = `“${title}” gives the rows’ own answers ${percent(means.gold)}: even a perfect model would earn nothing. Check the answer column.`
      return [compilerDiagnostic('CM3801', at, message, { data })]
    }
    const message = `The pattern of “${title}” matches none of the rows’ own answers: the prompt must ask for its form, or nothing is ever paid.`
    return [compilerDiagnostic('CM3802', { on: 'field', node, field: 'pattern' }, message, { data })]
  }
  if (compares(grader) && probe.different === 1 && probe.rows > 1) {
    const message = `All ${probe.rows} rows that were looked at have the same answer, so “${title}” pays for saying it, whatever is asked.`
    return [compilerDiagnostic('CM3803', at, message, { data })]
  }
  if (compares(grader) && means.shuffled > means.gold - NOTHING) {
    const message = `“${title}” gives answers of other rows ${percent(means.shuffled)} and the right ones ${percent(means.gold)}: it does not tell right from wrong.`
    return [compilerDiagnostic('CM3803', at, message, { data })]
  }
  // A form may ask for more than the rows say; whoever compares what they say should find every row right.
  if (!demandsForm(grader) && means.gold < 1 - NOTHING) {
    const message = `“${title}” gives the rows’ own answers only ${percent(means.gold)}: some of them cannot be right for it. Clean the answer column.`
    return [compilerDiagnostic('CM3807', at, message, { data })]
  }
  const easy = (['empty', 'echo'] as const).filter((kind) => means[kind] >= EASY * means.gold)
  return easy.map((kind) => {
    const what = kind === 'empty' ? 'an empty answer' : 'repeating the question'
    const message = `“${title}” pays ${percent(means[kind])} for ${what}, ${percent(means.gold)} for the right answer: training will find that out.`
    return compilerDiagnostic(kind === 'empty' ? 'CM3804' : 'CM3805', at, message, { data })
  })
}

function rewardsOf(stage: PipelineConfig): readonly RewardSpec[] {
  if (stage.mode === 'rl') return stage.rl.rewards
  return stage.mode === 'evaluate' ? stage.evaluation.rewards : []
}

function compares(grader: GraderSpec): boolean {
  return grader.type === 'exact' || grader.type === 'numeric' || (grader.type === 'regex' && grader.compareGroup)
}

/** Rows hold answers, not always in the form that a pattern or a length asks of the model. */
function demandsForm(grader: GraderSpec): boolean {
  return grader.type === 'regex' || grader.type === 'length'
}
