/** Rewards over rows, through the real probe: what blocks, what warns, and that a fix silences what it is offered for. */
import { describe, expect, test } from 'vitest'
import { hasErrors } from '#src/base/diagnostic.ts'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { seededRng } from '#src/base/rng.ts'
import { compile } from '#src/compiler/compile.ts'
import type { CompileResult } from '#src/compiler/compile.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { probeKey } from '#src/ir/rewardProbe.ts'
import { draw } from '#src/kinds/drawing.ts'
import { probeRewards } from '#src/rewards/probe.ts'
import type { ProbeRow } from '#src/rewards/probe.ts'
import { factsOf } from '../support/facts.ts'
import { expectGolden } from '../support/golden.ts'
import { applied } from '../support/kindSuite.ts'
import { registry } from '../support/pipeline.ts'

const facts = factsOf({ 'pig-latin-prompts': { rows: 200 } })

function drawn(rewards: readonly Params[], systemPrompt = ''): GraphDoc {
  const start = draw(registry)
    .node('model', 'model')
    .node('prompts', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' }, systemPrompt })
    .node('rl', 'train-rl')
    .wire('model.policy', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
  return rewards.reduce(
    (drawing, reward, i) =>
      drawing.node(`r${i}`, 'reward', reward, { title: NAMES[i]! }).wire(`r${i}.reward`, 'rl.reward'),
    start,
  ).doc
}
const NAMES = ['First', 'Second', 'Third']

function probed(doc: GraphDoc, rows: readonly ProbeRow[]): CompileResult {
  const found = compile(doc, registry, facts).probes.flatMap((request) => {
    const probe = probeRewards(rows, request.rewards)
    return probe ? [[probeKey(request), probe] as const] : []
  })
  return compile(doc, registry, { ...facts, probes: Object.fromEntries(found) })
}

/** Of the probe alone. */
function said({ diagnostics }: CompileResult): readonly Diagnostic[] {
  return diagnostics.filter(({ code }) => code.startsWith('CM38'))
}

const row = (prompt: string, answer: string): ProbeRow => ({ prompt, completion: answer, answer })
const SUMS = Array.from({ length: 80 }, (_, i) => row(`${i} + ${i}?`, String(2 * i + 7)))
const CITIES = ['Paris', 'Rome', 'Oslo', 'Bern', 'Lima', 'Cairo', 'Quito'].map((city) => row(`Which of ${city}?`, city))
const LONG = SUMS.map(({ prompt, answer }, i) => row(prompt, `It is ${answer}${' indeed'.repeat(40 + (i % 9))}`))
const ASKING = SUMS.map((sum) => ({ ...sum, context: `Answer as <answer>…</answer>. ${sum.prompt}` }))
const OWN = SUMS.map((sum) => ({ ...sum, context: `Be brief. ${sum.prompt}`, system: true }))

const pattern = (text: string, more: Params = {}): Params => ({ grader: 'regex', pattern: text, ...more })
const TAGS = pattern('<answer>(\\d+)</answer>', { compareGroup: true })
const EXACT = { grader: 'exact' }
const LENGTH = { grader: 'length', minLength: 0, falloff: 0 }

type Case = readonly [
  name: string,
  rows: readonly ProbeRow[],
  rewards: readonly Params[],
  /** Code, field of the first reward (or node and field), whether it has a fix. */
  expected: readonly (readonly [code: string, at: string, fix: boolean])[],
]

const CASES: readonly Case[] = [
  ['a form that a prompt must ask for', SUMS, [TAGS], [['CM3802', 'prompts.systemPrompt', true]]],
  ['a form without a text of its own', SUMS, [EXACT, pattern('^\\d+\\.\\d$')], [['CM3802', 'r1.pattern', false]]],
  ['a form for rows with system messages', OWN, [TAGS], [['CM3802', 'r0.pattern', false]]],
  ['brackets that hold digits only', CITIES, [TAGS], [['CM3801', 'r0.pattern', false]]],
  [
    'brackets beside the answer',
    SUMS,
    [pattern('^\\d*(\\d{7})?$', { compareGroup: true })],
    [['CM3801', 'r0.pattern', true]],
  ],
  ['a pattern that takes one letter less', CITIES, [pattern('^[b-z]+$', { flags: 'i' })], []],
  ['a pattern of small letters', CITIES, [pattern('^[a-z]+$')], [['CM3801', 'r0.pattern', false]]],
  ['a pattern that matches nothing', SUMS, [EXACT, pattern('end$!')], [['CM3801', 'r1.pattern', false]]],
  ['a pattern that cannot be decided', SUMS, [EXACT, pattern('^(?=b)a')], [['CM3802', 'r1.pattern', false]]],
  ['answers that are too long', LONG, [EXACT, { ...LENGTH, maxLength: 50 }], [['CM3801', 'r1.maxLength', true]]],
  [
    'answers that are too short',
    SUMS,
    [EXACT, { ...LENGTH, minLength: 20, maxLength: 90, unit: 'words' }],
    [['CM3802', 'r1.minLength', true]],
  ],
  [
    'brackets that end with the line',
    SUMS.map(({ prompt, answer }) => row(prompt, `Add.\n${answer}`)),
    [pattern('^Answer: (.*)$', { compareGroup: true })],
    [['CM3801', 'r0.pattern', false]],
  ],
  [
    'brackets that hold nothing',
    SUMS,
    [pattern('<answer>()</answer>', { compareGroup: true })],
    [['CM3801', 'r0.pattern', false]],
  ],
  ['a penalty on right answers', SUMS, [EXACT, pattern('^\\d+$', { weight: -0.5 })], [['CM3808', 'r1.weight', true]]],
  [
    'a penalty as heavy as the reward',
    SUMS,
    [EXACT, { grader: 'numeric', weight: -1 }],
    [
      ['CM3808', 'r1.weight', true],
      ['CM3803', 'r1.weight', true],
    ],
  ],
  ['a penalty that right answers and empty ones escape', SUMS, [EXACT, pattern('^$|sorry', { weight: -1 })], []],
  ['a penalty on what is long', SUMS, [EXACT, { ...LENGTH, minLength: 500, maxLength: 9000, weight: -1 }], []],
  ['a pattern that only counts', SUMS, [EXACT, pattern('never', { weight: 0 })], []],
  ['rows that show the form themselves', ASKING, [TAGS], []],
]

test.each(CASES)('%s', (name, rows, rewards, expected) => {
  const result = probed(drawn(rewards), rows)
  const found = said(result)
  expect(found.map(({ code, at, fix }) => [code, placeOf(at), fix !== undefined])).toEqual(expected)
  expect(result.plan === null).toBe(hasErrors(found))
  if (found.length > 0) expectGolden(`tests/golden/diagnostics/${found[0]!.code} ${name}.json`, found)
  expectMended(drawn(rewards), rows)
})

test('a form that the system prompt shows is asked for', () => {
  expect(said(probed(drawn([TAGS], 'Write <answer>your number</answer>.'), SUMS))).toEqual([])
  expect(said(probed(drawn([TAGS], 'Be brief.'), SUMS)).map((d) => d.code)).toEqual(['CM3802'])
})

test.each([
  ['', 'Write <answer>7</answer>.'],
  ['Write <answer>7</answer>.', ''],
  ['', ''],
])('trainers on the same rows that ask for a form, or do not: “%s” and “%s”', (...prompts) => {
  const start = draw(registry).node('model', 'model').node('reward', 'reward', TAGS)
  const two = prompts.reduce(
    (drawing, systemPrompt, i) =>
      drawing
        .node(`rows${i}`, 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' }, systemPrompt })
        .node(`rl${i}`, 'train-rl')
        .wire('model.policy', `rl${i}.policy`)
        .wire(`rows${i}.rows`, `rl${i}.dataset`)
        .wire('reward.reward', `rl${i}.reward`),
    start,
  ).doc
  expect(compile(two, registry, facts).probes).toHaveLength(1)
  const found = said(probed(two, SUMS))
  const without = ['rows0', 'rows1'].filter((_, i) => prompts[i] === '')
  expect(found.map(({ code, at }) => [code, placeOf(at)])).toEqual(
    without.map((id) => ['CM3802', `${id}.systemPrompt`]),
  )
  expectMended(two, SUMS)
})

test('one fix asks for the forms of all rewards', () => {
  const line = pattern('^Answer: (\\d+)$', { compareGroup: true, flags: 'm' })
  const doc = drawn([TAGS, line], 'Be brief.')
  const found = said(probed(doc, SUMS))
  const value = 'Be brief.\nGive your answer in this form: <answer>…</answer>\nGive your answer in this form: Answer: …'
  expect(found).toMatchObject([{ fix: { args: { value } } }, { fix: { args: { value } } }])
  expect(expectMended(doc, SUMS)).toBe(2)
})

test('right answers in the form must beat wrong ones in it', () => {
  const same = SUMS.map(({ prompt }) => row(prompt, '7'))
  expect(said(probed(drawn([TAGS]), same)).map((d) => d.code)).toEqual(['CM3803'])
})

describe('fixes', () => {
  test('mend what they are offered for, whatever the rewards', () => {
    const rng = seededRng(7)
    const one = <T>(...of: readonly T[]): T => of[rng.int(of.length)]!
    const reward = (): Params => ({
      grader: one('exact', 'numeric', 'regex', 'regex', 'length'),
      weight: one(1, 1, 0.2, -1, 0),
      tolerance: one(0, 1e6),
      pattern: one(
        '<answer>(.*)</answer>',
        '^Answer: (\\d+)$',
        '(\\d)\\d*',
        '^([a-z]+)$',
        '(yes|no)',
        '#### .+',
        '^(.*)x$',
        '(\\w+),? and',
        '^(?!It)(.*)$',
      ),
      flags: one('', 'i', 's', 'm'),
      compareGroup: one(true, false),
      minLength: one(0, 2, 20),
      maxLength: one(30, 90, 400),
      falloff: one(0, 5),
      unit: one('words', 'characters'),
    })
    let mended = 0
    for (let seed = 0; seed < 120; seed++) {
      const rewards = Array.from({ length: 1 + rng.int(3) }, reward).map((params) => {
        const { pattern: text, ...others } = params
        return params['compareGroup'] && !String(text).includes('(')
          ? { ...others, pattern: `(${String(text)})` }
          : params
      })
      mended += expectMended(drawn(rewards, one('', 'Be brief.')), one(SUMS, CITIES, LONG, ASKING, OWN))
    }
    expect(mended).toBeGreaterThan(50)
  })
})

/** Every fix of the probe's silences what it is offered for, and makes no error where there was none. How many there were. */
function expectMended(doc: GraphDoc, rows: readonly ProbeRow[]): number {
  const before = probed(doc, rows)
  const offered = said(before).filter((d) => d.fix !== undefined)
  for (const { code, at, fix, message } of offered) {
    const after = probed(applied(doc, fix!.command, fix!.args), rows)
    const still = said(after).filter((d) => d.code === code && placeOf(d.at) === placeOf(at))
    expect(still.map((d) => `${message} → ${d.message}`)).toEqual([])
    if (!hasErrors(before.diagnostics)) expect(after.diagnostics.filter((d) => d.severity === 'error')).toEqual([])
  }
  return offered.length
}

function placeOf(at: Diagnostic['at']): string {
  return at.on === 'field' ? `${at.node}.${at.field}` : at.on === 'node' ? at.node : at.on
}
