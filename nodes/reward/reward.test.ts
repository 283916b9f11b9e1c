import { testKind } from '../../tests/support/kindSuite.ts'

const exact = { grader: 'exact' } as const
const regex = { grader: 'regex', pattern: '^(\\w+)$' } as const
const length = { grader: 'length' } as const

testKind({
  kind: 'reward',
  node: 'exact',
  changes: {
    grader: 'numeric',
    weight: 2,
    caseSensitive: { to: true, with: exact },
    stripPunctuation: { to: true, with: exact },
    tolerance: { to: 0.5, with: { grader: 'numeric' } },
    pattern: { to: '^[a-z]+$', with: regex },
    flags: { to: 'i', with: regex },
    compareGroup: { to: true, with: regex },
    minLength: { to: 2, with: length },
    maxLength: { to: 90, with: length },
    falloff: { to: 0, with: length },
    unit: { to: 'words', with: length },
  },
  refused: [
    [{ grader: 'vibes' }, 'Grader must be one of exact, numeric, regex, length, not "vibes".'],
    [{ weight: 1e6 }, 'Weight must be a number from -100 to 100, not 1000000.'],
    [{ caseSensitive: 0 }, 'Case matters must be on or off (true or false), not 0.'],
    [{ grader: 'numeric', tolerance: -1 }, 'Tolerance must be a number from 0 to 1000000, not -1.'],
    [{ grader: 'regex', pattern: '' }, 'Pattern must not be empty: it would match every answer.'],
    [
      { grader: 'regex', pattern: '(' },
      'Pattern is not a regular expression: Invalid regular expression: /(|/: Unterminated group.',
    ],
    [{ grader: 'regex', pattern: 'x', flags: 'g' }, 'Flags must be i, m, s and u, each at most once, not "g".'],
    [{ grader: 'regex', pattern: 'x', flags: 'ii' }, 'Flags must be i, m, s and u, each at most once, not "ii".'],
    [
      { grader: 'regex', pattern: 'x+', compareGroup: true },
      'Pattern must have brackets around the part that is compared, as in (x+).',
    ],
    [
      { grader: 'regex', pattern: '(?i:x)' },
      'Pattern has a group that changes flags, which not every browser knows; use Flags for the whole pattern.',
    ],
    [{ grader: 'length', minLength: 9, maxLength: 3 }, 'Shortest (9) must not be above longest (3).'],
    [{ grader: 'length', unit: 'tokens' }, 'Counted in must be one of characters, words, not "tokens".'],
  ],
  diagnosed: {
    KD2002: { params: { grader: 'regex', pattern: '[' } },
  },
  golden: (plan) =>
    plan.stages.flatMap((s) => (s.mode === 'sft' ? [] : [s.mode === 'rl' ? s.rl.rewards : s.evaluation.rewards])),
})
