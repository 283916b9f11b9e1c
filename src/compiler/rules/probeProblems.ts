/** What a probe says of a reward, and of all that are added up. V46, V48–V50. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { comparesAnswer } from '../../ir/comparesAnswer.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type { GraderSpec, RewardSpec } from '../../ir/pipelineConfig.ts'
import { EARNS_NOTHING } from '../../ir/probedForm.ts'
import type { RewardProbe } from '../../ir/rewardProbe.ts'
import { compilerDiagnostic } from '../codes.ts'
import { formProblems, nothingPaid, percent } from './probeForms.ts'
import { setting } from './rule.ts'

/** Share of answers on which a pattern may run out of steps. */
const GIVES_UP = 0.01
/** An answer without content that earns this share of what a right one earns is worth gaming. */
const EASY = 0.5
/** Right answers that a penalty takes this much from are not what it means. */
const HITS = 0.5

export function problemsOf(reward: RewardSpec, probe: RewardProbe, rows: DatasetSpec): Diagnostic[] {
  const { grader, title, node, weight } = reward
  const means = probe.means[node]
  if (!means) return []
  const at = { on: 'node', node } as const
  const data = { means: { ...means }, rows: probe.rows }
  const gaveUp = probe.gaveUp?.[node] ?? 0
  if (gaveUp > GIVES_UP) {
    const message = `The pattern of “${title}” took too long on ${percent(gaveUp)} of the answers that were tried, which then score 0; avoid nested repeats like (a+)+.`
    return [compilerDiagnostic('CM3806', { on: 'field', node, field: 'pattern' }, message, { data: { gaveUp } })]
  }
  // What weighs nothing is only measured.
  if (weight === 0) return []
  if (weight < 0) return penaltyProblems(reward, probe)

  const written = probe.written?.[node]
  const form = written?.means[node]
  const { gold, shuffled } = form ?? means
  const found: Diagnostic[] = []
  if (gold < EARNS_NOTHING) return [nothingPaid(reward, probe)]
  if (comparesAnswer(reward) && probe.different === 1 && probe.rows > 1) {
    const message = `All ${probe.rows} rows that were looked at have the same answer, so “${title}” pays for saying it, whatever is asked.`
    found.push(compilerDiagnostic('CM3803', at, message, { data }))
  } else if (comparesAnswer(reward) && shuffled > gold - EARNS_NOTHING) {
    const how = form ? ', written in its form,' : ''
    const message = `“${title}” gives answers of other rows${how} ${percent(shuffled)} and the right ones ${percent(gold)}: it does not tell right from wrong.`
    found.push(compilerDiagnostic('CM3803', at, message, { data: { ...data, ...(form ? { form } : {}) } }))
  }
  if (found.length > 0) return found
  // A form may ask for more than the rows say; whoever compares what they say should find every row right.
  if (!demandsForm(grader) && gold < 1 - EARNS_NOTHING) {
    const message = `“${title}” gives the rows’ own answers only ${percent(gold)}: some of them cannot be right for it. Clean the answer column.`
    return [compilerDiagnostic('CM3807', at, message, { data })]
  }
  if (written) found.push(...formProblems(reward, probe, written, rows))
  const easy = (['empty', 'echo'] as const).filter((kind) => means[kind] >= EASY * gold)
  const paid = easy.map((kind) => {
    const what = kind === 'empty' ? 'an empty answer' : 'repeating the question'
    const message = `“${title}” pays ${percent(means[kind])} for ${what}, ${percent(gold)} for the right answer: training will find that out.`
    return compilerDiagnostic(kind === 'empty' ? 'CM3804' : 'CM3805', at, message, { data })
  })
  return [...found, ...paid]
}

/** That right answers earn nothing, and that empty ones are hit, is what a penalty is for. */
function penaltyProblems(reward: RewardSpec, probe: RewardProbe): Diagnostic[] {
  const { title, node, weight } = reward
  const { gold, shuffled } = probe.means[node]!
  if (gold < HITS) return []
  const message = `“${title}” takes ${-weight} from an answer that it likes, and it gives the rows’ own answers ${percent(gold)}: what is right is punished.`
  // Where other rows' answers please it as much, a bonus would be as wrong.
  const sound = !comparesAnswer(reward) || (shuffled <= gold - EARNS_NOTHING && probe.different > 1)
  const fix = setting(node, 'weight', -weight)
  const extra = { data: { gold, weight }, ...(sound ? { fix } : {}) }
  return [compilerDiagnostic('CM3808', { on: 'field', node, field: 'weight' }, message, extra)]
}

/**
 * Whether right answers earn more in sum than wrong ones, as the rows have them or in the form of one reward. What compares
 * nothing pays both alike but for chance, so it is left out.
 */
export function sumProblems(rewards: readonly RewardSpec[], probe: RewardProbe): Diagnostic[] {
  const comparing = rewards.filter(
    (reward) => comparesAnswer(reward) && reward.weight !== 0 && probe.means[reward.node],
  )
  const most = Math.max(...comparing.map(({ weight }) => weight))
  const heaviest = comparing.filter(({ weight }) => weight < 0).sort((a, b) => a.weight - b.weight)[0]
  // Where nothing is taken away, each reward speaks for itself; where nothing is given, KD2505 speaks.
  if (!heaviest || most <= 0) return []
  const ways = [probe.means, ...Object.values(probe.written ?? {}).map(({ means }) => means)]
  const sums = ways.map((means) => ({
    gold: sum(comparing, (node) => means[node]?.gold ?? 0),
    shuffled: sum(comparing, (node) => means[node]?.shuffled ?? 0),
  }))
  const best = sums.reduce((a, b) => (b.gold - b.shuffled > a.gold - a.shuffled ? b : a))
  // A reward that nothing pays says so itself.
  const paid = comparing.some(({ node, weight }) => weight > 0 && ways.some((means) => tellsApart(means[node])))
  if (!paid || best.gold - best.shuffled > EARNS_NOTHING * most) return []
  const { node, title } = heaviest
  const message = `“${title}” takes away what the others give: in sum a right answer earns ${best.gold.toFixed(2)}, another row’s ${best.shuffled.toFixed(2)}.`
  return [
    compilerDiagnostic('CM3803', { on: 'field', node, field: 'weight' }, message, {
      fix: setting(node, 'weight', 0),
      data: { ...best },
    }),
  ]
}

function sum(rewards: readonly RewardSpec[], meanOf: (node: string) => number): number {
  return rewards.reduce((total, { node, weight }) => total + weight * meanOf(node), 0)
}

function tellsApart(means: { readonly gold: number; readonly shuffled: number } | undefined): boolean {
  return means !== undefined && means.gold >= EARNS_NOTHING && means.shuffled <= means.gold - EARNS_NOTHING
}

/** Rows hold answers, not always in the form that a pattern or a length asks of the model. */
function demandsForm(grader: GraderSpec): boolean {
  return grader.type === 'regex' || grader.type === 'length'
}
