import { useCallback, useSyncExternalStore } from 'react'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { useEditor } from '../shell/useEditor.ts'

/** Problems of one node; renders again only when they change. */
export function useNodeProblems(id: string): readonly Diagnostic[] {
  const { problems } = useEditor()
  return useSyncExternalStore(
    useCallback((listener) => problems.subscribeNode(id, listener), [problems, id]),
    () => problems.ofNode(id),
  )
}
