/** Where weights come from, written into the session that makes them: short enough for a server's metadata. */
import type { Plan } from './pipelineConfig.ts'

/** Twelve hex digits name a plan among the runs of a person; the whole hash stands beside it. */
export function compactId(plan: Pick<Plan, 'hash'>): string {
  return plan.hash.slice(0, 12)
}

/** For the session's `user_metadata`: whoever has a checkpoint finds the plan in the local history by these. */
export function lineageOf(plan: Plan, run: string): { readonly [key: string]: string } {
  return {
    tunegraph_run: run,
    tunegraph_plan: compactId(plan),
    tunegraph_plan_hash: plan.hash,
    tunegraph_ir: String(plan.irVersion),
  }
}
