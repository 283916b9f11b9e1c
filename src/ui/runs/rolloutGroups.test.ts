import { expect, test } from 'vitest'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { RolloutRecord } from '#src/ir/runEvent.ts'
import { byPolicy, rolloutGroups } from './rolloutGroups.ts'

function rollout(at: Partial<RolloutRecord>): RolloutRecord {
  return {
    run: 'run' as RunId,
    stage: 'stage' as StageId,
    step: 0,
    group: 0,
    sample: 0,
    policy: null,
    prompt: 'p',
    answer: 'a',
    completion: '',
    tokens: 1,
    stopReason: 'stop',
    reward: 0,
    advantage: null,
    components: {},
    ...at,
  }
}

const RL = [
  rollout({ step: 0, group: 0, sample: 0, reward: 1 }),
  rollout({ step: 0, group: 0, sample: 1, reward: 0 }),
  rollout({ step: 0, group: 1, sample: 0, reward: 0 }),
  rollout({ step: 0, group: 1, sample: 1, reward: 0 }),
  rollout({ step: 1, group: 0, sample: 0, reward: 0.5 }),
  rollout({ step: 1, group: 0, sample: 1, reward: 0.5 }),
]

const EVALUATION = ['base', 'tuned'].flatMap((policy, step) =>
  [0, 1].map((group) => rollout({ policy, step, group, reward: policy === 'tuned' && group === 1 ? 1 : 0 })),
)

const shape = (groups: ReturnType<typeof rolloutGroups>): readonly (readonly [string, readonly number[]])[] =>
  groups.map((g) => [g.key, g.members.map((r) => r.reward)])

test('groups of RL stand with the newest step first', () => {
  expect(shape(rolloutGroups(RL, 'all'))).toEqual([
    ['1 0', [0.5, 0.5]],
    ['0 1', [0, 0]],
    ['0 0', [1, 0]],
  ])
})

test('mixed keeps the groups whose rewards differ, whole', () => {
  expect(shape(rolloutGroups(RL, 'mixed'))).toEqual([['0 0', [1, 0]]])
})

test('best keeps the best answers of a group, ties too, and none of a group without reward', () => {
  expect(shape(rolloutGroups(RL, 'best'))).toEqual([
    ['1 0', [0.5, 0.5]],
    ['0 0', [1]],
  ])
})

test('none keeps the answers without reward', () => {
  expect(shape(rolloutGroups(RL, 'none'))).toEqual([
    ['0 1', [0, 0]],
    ['0 0', [0]],
  ])
})

test('an evaluation puts the policies side by side for each row, rows in their order', () => {
  const groups = rolloutGroups(EVALUATION, 'all')
  expect(groups.map((g) => [g.key, g.step, g.members.map((r) => r.policy)])).toEqual([
    ['row 0', null, ['base', 'tuned']],
    ['row 1', null, ['base', 'tuned']],
  ])
  expect(shape(rolloutGroups(EVALUATION, 'mixed'))).toEqual([['row 1', [0, 1]]])
})

test('several answers of a policy stand behind its name once', () => {
  const members = [
    rollout({ policy: 'base', sample: 0 }),
    rollout({ policy: 'base', sample: 1 }),
    rollout({ policy: 'tuned' }),
  ]
  expect(byPolicy(members).map((p) => [p.policy, p.members.length])).toEqual([
    ['base', 2],
    ['tuned', 1],
  ])
})
