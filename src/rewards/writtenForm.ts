/** Right answers in the form that a grader asks of a model, where rows do not have it. Only what the grader itself pays counts. */
import type { GraderSpec, RewardSpec } from '../ir/pipelineConfig.ts'
import type { UnwrittenAnswer } from '../ir/rewardProbe.ts'
import { createGrader } from './grade.ts'
import type { Grader } from './grade.ts'
import { lengthOf } from './length.ts'
import { capacityOf } from './regex/capacity.ts'
import { compileRegex } from './regex/index.ts'
import { fill, formsOf, textsOf } from './regex/witness.ts'
import type { Form } from './regex/witness.ts'

export type Written = {
  /** One for each answer that there was time for; null where no form took it. */
  readonly texts: readonly (string | null)[]
  /** Of the first text: null where it is a length that was reached. */
  readonly form: Form | null
}

type PatternSpec = Extract<GraderSpec, { type: 'regex' }>
type LengthSpec = Extract<GraderSpec, { type: 'length' }>

/** Text that may be tried in all, in characters: about a second of the slowest matching. */
const MOST_CHARACTERS = 4_000_000
/** Patterns that run out of steps are not asked for ever. */
const MOST_LOST = 8

/** Null for graders that ask for no form, and where a pattern is too slow to tell. */
export function writeAnswers(reward: RewardSpec, answers: readonly string[]): Written | null {
  const { grader } = reward
  const made = createGrader([reward])
  if (!made.ok) return null
  if (grader.type === 'regex') return writeInPattern(reward, grader, made.value, answers)
  if (grader.type !== 'length') return null
  const texts = answers.map((answer) => {
    const text = lengthened(grader, answer)
    return componentOf(made.value, reward, text, answer).score > 0 ? text : null
  })
  return { texts, form: null }
}

function writeInPattern(
  reward: RewardSpec,
  { pattern, flags, compareGroup }: PatternSpec,
  grader: Grader,
  answers: readonly string[],
): Written | null {
  const regex = compileRegex(pattern, flags)
  if (!regex.ok) return null
  const forms = [...formsOf(pattern, flags, compareGroup)]
  const texts: (string | null)[] = []
  let first: Form | null = null
  let characters = 0
  let lost = 0
  /** What the form that stands first pays, tried before the others; null where none does. */
  const writtenAs = (answer: string, core: string): string | null => {
    const takes = (form: Form): boolean => {
      const text = fill(form, core)
      characters += text.length
      if (lost >= MOST_LOST) return false
      const { score, gaveUp } = componentOf(grader, reward, text, answer)
      if (gaveUp) lost++
      if (score < 1 || compareGroup || form.group === null) return score === 1
      // The answer shall stand in the group, not beside it.
      const found = regex.value.match(text)
      return found.type === 'match' && found.groups[form.group - 1] === core
    }
    const alone = compareGroup ? -1 : forms.findIndex((form) => standsAlone(form, core) && takes(form))
    const at = alone === -1 ? forms.findIndex(takes) : alone
    if (at === -1) return null
    first ??= forms[at]!
    // What took one answer most likely takes the next.
    forms.unshift(...forms.splice(at, 1))
    return fill(forms[0]!, core)
  }
  for (const answer of answers) {
    if (characters > MOST_CHARACTERS) break
    let text: string | null = null
    for (const core of compareGroup ? [answer] : coresOf(answer)) text ??= writtenAs(answer, core)
    if (lost >= MOST_LOST) return null
    texts.push(text)
  }
  return { texts, form: first }
}

/** The answer, or what it arrives at: a form that compares nothing has no say in how much of it is repeated. */
function coresOf(answer: string): readonly string[] {
  const lastLine = answer.trim().split('\n').at(-1)!.trim()
  const lastNumber = answer.match(/-?\d[\d,]*(?:\.\d+)?/g)?.at(-1)
  return [...new Set([answer, lastLine, ...(lastNumber === undefined ? [] : [lastNumber])])]
}

/** “7” is not what “1.7” or “x7” says. */
function standsAlone({ parts }: Form, answer: string): boolean {
  return parts.every((part, i) => {
    if (part !== null) return true
    const before = parts.slice(0, i).join('')
    const after = parts.slice(i + 1).join('')
    return !(/[\w.,-]$/.test(before) && /^\w/.test(answer)) && !(/\w$/.test(answer) && /^(?:\w|[.,]\d)/.test(after))
  })
}

/** Why an answer is in no form. Null where that cannot be told: looks and back-references may hide a text that would do. */
export function whyUnwritten(reward: RewardSpec, answer: string): UnwrittenAnswer | null {
  const { grader } = reward
  const short = answer.length > 40 ? `${answer.slice(0, 39)}…` : answer
  const nothing = { answer: short, matches: null, missing: null, only: null, paidWithoutComparing: false }
  if (grader.type !== 'regex') return nothing
  const { pattern, flags, compareGroup } = grader
  const regex = compileRegex(pattern, flags)
  if (!regex.ok) return null
  const matches = textsOf(pattern, flags).find((text) => regex.value.match(text).type === 'match') ?? null
  if (matches === null && /\(\?<?[=!]|\\[1-9bBk]/.test(pattern)) return null
  const loose: RewardSpec = { ...reward, grader: { ...grader, compareGroup: false } }
  const paidWithoutComparing =
    compareGroup &&
    (regex.value.match(answer).type === 'match' || (writeAnswers(loose, [answer])?.texts[0] ?? null) !== null)
  const { missing, only } = capacityOf(pattern, flags, compareGroup, answer) ?? nothing
  return { answer: short, matches: matches && matches.slice(0, 200), missing, only, paidWithoutComparing }
}

const FILLER = 'and so on '

/** The answer, followed by plain words up to the shortest length that is asked for. */
function lengthened(spec: LengthSpec, answer: string): string {
  const missing = spec.min - lengthOf(spec, answer)
  if (missing <= 0) return answer
  if (spec.unit === 'words') {
    const words = Array.from({ length: missing }, (_, i) => FILLER.trim().split(' ')[i % 3]!)
    return `${answer} ${words.join(' ')}`
  }
  return answer + ` ${FILLER.repeat(Math.ceil(missing / FILLER.length))}`.slice(0, missing)
}

function componentOf(
  grader: Grader,
  { node }: RewardSpec,
  completion: string,
  answer: string,
): { readonly score: number; readonly gaveUp: boolean } {
  const { components, gaveUp } = grader({ completion, answer, clean: true })
  return { score: components[node] ?? 0, gaveUp: gaveUp.length > 0 }
}
