import type { RewardSpec } from './pipelineConfig.ts'

/** Whether a reward is paid for what the row's answer says, and not for the form alone; without an answer it gives 0. */
export function comparesAnswer({ grader }: Pick<RewardSpec, 'grader'>): boolean {
  return grader.type === 'exact' || grader.type === 'numeric' || (grader.type === 'regex' && grader.compareGroup)
}
