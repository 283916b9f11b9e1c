/** The stores beside the editor's own: runs, their points, the backend, and what is known of datasets. */
import { createContext, useContext } from 'react'
import type { Backend } from '#src/store/backend.ts'
import type { Embedded } from '#src/store/embedded.ts'
import type { FactsStore } from '#src/store/facts.ts'
import type { findOrigin } from '#src/store/lineage.ts'
import type { Metrics } from '#src/store/metrics.ts'
import type { PlanReviews } from '#src/store/planReview.ts'
import type { Playground } from '#src/store/playground.ts'
import type { Runs } from '#src/store/runs.ts'

export type Stores = {
  readonly runs: Runs
  readonly metrics: Metrics
  readonly backend: Backend
  readonly embedded: Embedded
  readonly facts: FactsStore
  readonly playground: Playground
  /** What earlier runs have left for the plan as it is now. */
  readonly reviews: PlanReviews
  /** From a checkpoint's path to the run and the graph that made it. */
  findOrigin(path: string): ReturnType<typeof findOrigin>
}

export const StoresContext = createContext<Stores | null>(null)

export function useStores(): Stores {
  const stores = useContext(StoresContext)
  if (!stores) throw new Error('this component is not inside a StoresContext')
  return stores
}
