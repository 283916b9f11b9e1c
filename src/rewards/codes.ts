/** Problems of rewards: what cannot grade, and what grades badly. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const REWARD_CODES = {
  RW9001: { severity: 'error', title: 'Pattern cannot be read', help: 'rewards-regex' },
  RW9002: { severity: 'error', title: 'Pattern has no group', help: 'rewards-regex' },
  RW9003: { severity: 'warning', title: 'Pattern gave up on an answer', help: 'rewards-regex' },
  RW9004: { severity: 'error', title: 'Rows have no answer to compare with', help: 'rewards' },
  RW9005: { severity: 'error', title: 'Answer is not a number', help: 'rewards-numeric' },
  RW9006: { severity: 'error', title: 'Length bounds exclude each other', help: 'rewards-length' },
} as const satisfies CodeTable

export const diagnoseReward = diagnoser(REWARD_CODES)
