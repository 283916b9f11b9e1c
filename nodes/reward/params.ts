/** Params of a reward node: which grader, its own settings, and what it weighs in a sum. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { GraderSpec } from '#src/ir/pipelineConfig.ts'
import type { Clash, ParamRules } from '#nodes/_shared/parseFields.ts'

export type RewardParams = {
  grader: GraderSpec['type']
  weight: number
  caseSensitive: boolean
  stripPunctuation: boolean
  tolerance: number
  pattern: string
  flags: string
  compareGroup: boolean
  minLength: number
  maxLength: number
  falloff: number
  unit: 'characters' | 'words'
}

const unless =
  (grader: RewardParams['grader']) =>
  (params: RewardParams): boolean =>
    params.grader !== grader

const LENGTH = { type: 'number', min: 0, max: 100_000, step: 1, integer: true } as const

const fields: readonly FieldSpec<RewardParams>[] = [
  {
    key: 'grader',
    label: 'Grader',
    help: 'What turns an answer into a number from 0 to 1. Prefer one that a wrong answer cannot please.',
    control: {
      type: 'select',
      options: [
        { value: 'exact', label: 'Exact match', help: '1 when the answer equals the row’s answer.' },
        {
          value: 'numeric',
          label: 'Number',
          help: '1 when the last (or boxed) number of the answer is the row’s number.',
        },
        { value: 'regex', label: 'Pattern', help: '1 when a regular expression matches, e.g. a required form.' },
        { value: 'length', label: 'Length', help: '1 inside a range of lengths, less outside.' },
      ],
    },
  },
  {
    key: 'weight',
    label: 'Weight',
    help: 'Multiplies this grader’s number in the sum of all wired rewards. Correctness 1, form 0.1; negative weights punish.',
    control: { type: 'number', min: -100, max: 100, step: 0.1, integer: false },
  },
  {
    key: 'caseSensitive',
    label: 'Case matters',
    help: 'Whether “Paris” and “paris” differ.',
    hiddenIf: unless('exact'),
    control: { type: 'switch' },
  },
  {
    key: 'stripPunctuation',
    label: 'Ignore punctuation',
    help: 'Removes punctuation and symbols before comparing, so that “42.” is right when the row says “42”.',
    hiddenIf: unless('exact'),
    control: { type: 'switch' },
  },
  {
    key: 'tolerance',
    label: 'Tolerance',
    help: 'Largest difference that still counts as equal. 0 for whole numbers, 1e-6 for decimals.',
    hiddenIf: unless('numeric'),
    control: { type: 'number', min: 0, max: 1_000_000, step: 0.001, integer: false },
  },
  {
    key: 'pattern',
    label: 'Pattern',
    help: 'A JavaScript regular expression, searched in the answer. Anchor it with ^ and $ to ask for the whole answer.',
    hiddenIf: unless('regex'),
    control: { type: 'text', multiline: false, placeholder: '^Answer: (.+)$', maxLength: 2000 },
  },
  {
    key: 'flags',
    label: 'Flags',
    help: 'i ignores case, m makes ^ and $ work per line, s lets the dot match line ends, u reads Unicode.',
    advanced: true,
    hiddenIf: unless('regex'),
    control: { type: 'text', multiline: false, placeholder: 'im', maxLength: 4 },
  },
  {
    key: 'compareGroup',
    label: 'Compare the first group',
    help: 'Besides matching, the text in the first brackets must equal the row’s answer. Off rewards the form alone.',
    hiddenIf: unless('regex'),
    control: { type: 'switch' },
  },
  {
    key: 'minLength',
    label: 'Shortest',
    help: 'Answers at least this long get the full reward.',
    hiddenIf: unless('length'),
    control: LENGTH,
  },
  {
    key: 'maxLength',
    label: 'Longest',
    help: 'Answers at most this long get the full reward.',
    hiddenIf: unless('length'),
    control: LENGTH,
  },
  {
    key: 'falloff',
    label: 'Fall-off',
    help: 'How far outside the range the reward reaches 0. A gentle slope shows the policy the way; 0 is a hard edge.',
    hiddenIf: unless('length'),
    control: LENGTH,
  },
  {
    key: 'unit',
    label: 'Counted in',
    help: 'Words are easier to think in; characters suit single words and codes.',
    hiddenIf: unless('length'),
    control: {
      type: 'select',
      options: [
        { value: 'characters', label: 'Characters' },
        { value: 'words', label: 'Words' },
      ],
    },
  },
]

export const rewardRules: ParamRules<RewardParams> = {
  defaults: {
    grader: 'exact',
    weight: 1,
    caseSensitive: false,
    stripPunctuation: false,
    tolerance: 0,
    pattern: '',
    flags: '',
    compareGroup: false,
    minLength: 1,
    maxLength: 200,
    falloff: 50,
    unit: 'characters',
  },
  fields,
  clashes,
}

function clashes(params: RewardParams): readonly Clash<RewardParams>[] {
  if (params.grader === 'length' && params.minLength > params.maxLength) {
    const message = `Shortest (${params.minLength}) must not be above longest (${params.maxLength}).`
    return [{ field: 'minLength', message, mend: params.maxLength }]
  }
  return params.grader === 'regex' ? patternClashes(params) : []
}

function patternClashes({ pattern, flags, compareGroup }: RewardParams): readonly Clash<RewardParams>[] {
  if (!/^[imsu]*$/.test(flags) || new Set(flags).size < flags.length) {
    return [{ field: 'flags', message: `Flags must be i, m, s and u, each at most once, not "${flags}".`, mend: '' }]
  }
  if (pattern === '') {
    return [{ field: 'pattern', message: 'Pattern must not be empty: it would match every answer.', mend: '\\S' }]
  }
  if (/\(\?[ims]*-?[ims]+:/.test(pattern)) {
    const message =
      'Pattern has a group that changes flags, which not every browser knows; use Flags for the whole pattern.'
    return [{ field: 'pattern', message, mend: pattern.replace(/\(\?[ims]*-?[ims]+:/g, '(?:') }]
  }
  try {
    const groups = new RegExp(`${pattern}|`, flags).exec('')!.length - 1
    if (!compareGroup || groups > 0) return []
    const message = `Pattern must have brackets around the part that is compared, as in (${pattern}).`
    return [{ field: 'pattern', message, mend: `(${pattern})` }]
  } catch (cause) {
    const message = `Pattern is not a regular expression: ${cause instanceof Error ? cause.message : String(cause)}.`
    return [{ field: 'pattern', message, mend: '\\S' }]
  }
}
