/** Why a stage failed or a run cannot be taken up, beyond what the client, the data and the rewards say themselves. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const TRAINING_CODES = {
  TR5001: { severity: 'error', title: 'No step to take', help: 'no-steps' },
  TR5002: { severity: 'error', title: 'No optimizer step was taken', help: 'no-steps' },
  TR5003: { severity: 'error', title: 'Loss is not finite', help: 'diverged' },
  TR5004: { severity: 'error', title: 'Start is missing', help: 'starts' },
  TR5005: { severity: 'error', title: 'Nothing to train on', help: 'empty-targets' },
  TR5006: { severity: 'error', title: 'No usable prompts', help: 'prompts' },
  TR5007: { severity: 'error', title: 'Server gave no logprobs', help: 'logprobs' },
  TR5009: { severity: 'error', title: 'No training state', help: 'starts' },
  TR5010: { severity: 'warning', title: 'Budget used up', help: 'budget' },
  TR5011: { severity: 'error', title: 'Pinned result is gone', help: 'pin' },
  TR5012: { severity: 'error', title: 'Run is carried out elsewhere', help: 'one-run' },
  TR5101: { severity: 'warning', title: 'Sampler and trainer drift apart', help: 'watch' },
  TR5102: { severity: 'error', title: 'Sampler and trainer disagree', help: 'watch' },
  TR5103: { severity: 'warning', title: 'Groups without differences', help: 'watch' },
  TR5104: { severity: 'warning', title: 'Entropy has fallen', help: 'watch' },
  TR5105: { severity: 'warning', title: 'Reward does not move', help: 'watch' },
  TR5106: { severity: 'warning', title: 'Slow step', help: 'watch' },
  TR5107: { severity: 'warning', title: 'Answers change their length', help: 'watch' },
  TR5108: { severity: 'error', title: 'Metric is not finite', help: 'diverged' },
  TR5109: { severity: 'warning', title: 'Experts lose their tokens', help: 'watch' },
  TR5110: { severity: 'warning', title: 'The server holds work back', help: 'watch' },
  TR5111: { severity: 'warning', title: 'Rows too hard or too easy', help: 'watch' },
  TR5008: { severity: 'error', title: 'Unexpected error', help: 'bugs' },
} as const satisfies CodeTable

export type TrainingCode = keyof typeof TRAINING_CODES

export const diagnoseTraining = diagnoser(TRAINING_CODES)
