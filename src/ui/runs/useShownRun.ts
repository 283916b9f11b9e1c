import { useSnapshot } from 'valtio'
import type { RunId } from '#src/base/ids.ts'
import type { RunState } from '#src/ir/runState.ts'
import { shownRun } from '#src/store/runs.ts'
import { useStores } from '../shell/useStores.ts'

/** The run that cards and the run panel show. Its states are immutable values, so identity tells whether it changed. */
export function useShownRun(): { readonly run: RunId | null; readonly state: RunState | null } {
  const { runs } = useStores()
  const snapshot = useSnapshot(runs.state)
  return { run: snapshot.shown, state: shownRun(snapshot as typeof runs.state) }
}
