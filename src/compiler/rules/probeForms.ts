/** Graders that ask for a form: right answers that have it not, and those that can never have it. V49, V50. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type { GraderSpec, RewardSpec } from '../../ir/pipelineConfig.ts'
import { shows } from '../../ir/probedForm.ts'
import type { RewardProbe, UnwrittenAnswer, WrittenAnswers } from '../../ir/rewardProbe.ts'
import { compilerDiagnostic } from '../codes.ts'
import { setting } from './rule.ts'

export function percent(mean: number): string {
  return `${Math.round(mean * 100)} %`
}

type PatternSpec = Extract<GraderSpec, { type: 'regex' }>
type LengthSpec = Extract<GraderSpec, { type: 'length' }>

/** Of the bounds of a length. */
const MOST_LENGTH = 100_000
/** Of a dataset's system prompt. */
const MOST_PROMPT = 20_000
/** When this share of the rows ask for the form themselves, it is asked for. */
const MOST_ROWS = 0.5

/** Right answers earn nothing, neither as the rows have them nor in the form. */
export function nothingPaid(reward: RewardSpec, probe: RewardProbe): Diagnostic {
  const { grader, node, title } = reward
  const means = probe.means[node]!
  const data = { means: { ...means }, rows: probe.rows }
  if (grader.type === 'length') return neverSoLong(reward, grader, probe, data)
  if (grader.type === 'regex') {
    const at = { on: 'field', node, field: 'pattern' } as const
    const why = probe.unwritten?.[node]
    if (!why) {
      const message = `The pattern of “${title}” matches none of the rows’ own answers, and no answer could be written that it matches: try one by hand.`
      return compilerDiagnostic('CM3802', at, message, { data })
    }
    const message = `“${title}” pays no right answer in any form: ${reasonOf(grader, why)}.`
    const fix = { ...setting(node, 'compareGroup', false), title: 'Reward the form alone' }
    const mends = why.paidWithoutComparing && why.missing === null
    return compilerDiagnostic('CM3801', at, message, { data: { ...data, ...why }, ...(mends ? { fix } : {}) })
  }
  const message = `“${title}” gives the rows’ own answers ${percent(means.gold)}: even a perfect model would earn nothing. Check the answer column.`
  return compilerDiagnostic('CM3801', { on: 'node', node }, message, { data })
}

function reasonOf({ compareGroup }: PatternSpec, { answer: whole, matches, missing, only }: UnwrittenAnswer): string {
  const answer = inLine(whole)
  const place = compareGroup ? 'the first brackets of its pattern' : 'its pattern'
  if (matches === null && !compareGroup)
    return `no text was found that its pattern matches, be it “${answer}” or another`
  if (missing !== null && only !== null)
    return `${place} can only hold ${only}, and the rows have answers like “${answer}”`
  if (missing !== null) {
    const what = missing.trim() === '' ? (missing === ' ' ? 'spaces' : 'line ends') : `“${missing}”`
    return `nothing in ${place} takes the ${what} of answers like “${answer}”`
  }
  if (matches === null) return 'no text was found that its pattern matches'
  const such = matches.trim() === '' ? 'an empty text' : `texts like “${inLine(matches)}”`
  return compareGroup
    ? `its pattern matches ${such}, but the first brackets never hold a row’s answer like “${answer}”`
    : `its pattern matches ${such}, but none that holds a row’s answer like “${answer}”`
}

/** Short answers can be drawn out, so what earns nothing is too long. */
function neverSoLong(
  { node, title }: RewardSpec,
  { max, falloff, unit }: LengthSpec,
  { lengths }: RewardProbe,
  data: { readonly [key: string]: unknown },
): Diagnostic {
  const at = { on: 'field', node, field: 'maxLength' } as const
  const { shortest, longest } = lengths?.[node] ?? { shortest: max, longest: Infinity }
  const have = shortest === longest ? `${longest}` : `${shortest} to ${longest}`
  const message = `“${title}” pays nothing from ${max + Math.max(falloff, 1)} ${unit} on, and the rows’ own answers have ${have}: what is right is too long for it.`
  const fix = setting(node, 'maxLength', longest)
  return compilerDiagnostic('CM3801', at, message, {
    data: { ...data, shortest, longest },
    ...(longest <= MOST_LENGTH ? { fix } : {}),
  })
}

/** The rows' own answers earn nothing, right answers in the form do: the model must be told of it. */
export function formProblems(
  { grader, node, title }: RewardSpec,
  { means, rows: looked, lengths }: RewardProbe,
  { example, shape, frame, shown, ownSystem, means: inForm }: WrittenAnswers,
  rows: DatasetSpec,
): Diagnostic[] {
  const data = { means: { ...means[node]! }, rows: looked, form: { ...inForm[node]! } }
  if (grader.type === 'length') {
    const { shortest, longest } = lengths?.[node] ?? { shortest: 0, longest: 0 }
    const have = shortest === longest ? `${longest}` : `${shortest} to ${longest}`
    const message = `“${title}” asks for ${grader.min} ${grader.unit} or more, and the rows’ own answers have only ${have}: the prompt must ask for longer ones, or nothing is ever paid.`
    const fix = setting(node, 'minLength', shortest)
    return [compilerDiagnostic('CM3802', { on: 'field', node, field: 'minLength' }, message, { data, fix })]
  }
  // A row with a system message of its own does not get the dataset's.
  const reached = (prompt: string): boolean => 1 - ownSystem >= MOST_ROWS && shows(prompt, frame)
  if (shown >= MOST_ROWS || reached(rows.systemPrompt)) return []
  const message = `The pattern of “${title}” matches none of the rows’ own answers: the prompt must ask for its form, such as “${inLine(example)}”, or nothing is ever paid.`
  const at = { on: 'field', node, field: 'pattern' } as const
  // Said in the system prompt it is known to be asked for, where the form has something that can be recognised.
  const asking = shape === null ? '' : askedFor(rows.systemPrompt, shape)
  if (!reached(asking) || asking.length > MOST_PROMPT) {
    return [compilerDiagnostic('CM3802', at, message, { data: { ...data, example } })]
  }
  const fix = { ...setting(rows.node, 'systemPrompt', asking), title: 'Ask for it in the system prompt' }
  const place = { on: 'field', node: rows.node, field: 'systemPrompt' } as const
  return [
    compilerDiagnostic('CM3802', place, message, { related: [at], fix, data: { ...data, example, shape, frame } }),
  ]
}

function askedFor(systemPrompt: string, shape: string): string {
  return `${systemPrompt === '' ? '' : `${systemPrompt}\n`}Give your answer in this form: ${shape}`
}

/** Several rewards may ask for forms of the same rows: the fix of each then asks for all. */
export function withAllForms(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const prompts = new Map<string, string>()
  for (const { at, fix, data } of found) {
    if (fix?.args['field'] !== 'systemPrompt') continue
    const { shape, frame } = data as { readonly shape: string; readonly frame: readonly string[] }
    const place = JSON.stringify(at)
    const before = prompts.get(place)
    if (before === undefined) prompts.set(place, String(fix.args['value']))
    else if (!shows(before, frame)) prompts.set(place, askedFor(before, shape))
  }
  if (prompts.size === 0) return found
  return found.map((diagnostic) => {
    const value = diagnostic.fix?.args['field'] === 'systemPrompt' && prompts.get(JSON.stringify(diagnostic.at))
    if (!value) return diagnostic
    return { ...diagnostic, fix: { ...diagnostic.fix!, args: { ...diagnostic.fix!.args, value } } }
  })
}

function inLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
