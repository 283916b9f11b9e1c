/** Graph parameters of the open drawing and where they are used; both are computed once per change of its nodes. */
import { useSyncExternalStore } from 'react'
import { parameterUses, parametersOf } from '#src/store/parameters.ts'
import type { ParameterUses, Parameters } from '#src/store/parameters.ts'
import { useEditor } from '../shell/useEditor.ts'

export function useParameters(): Parameters {
  const { doc, registry } = useEditor()
  return useSyncExternalStore(doc.subscribe, () => parametersOf(doc.get(), registry))
}

export function useParameterUses(): ParameterUses {
  const { doc, registry } = useEditor()
  return useSyncExternalStore(doc.subscribe, () => parameterUses(doc.get(), registry))
}

/** A value of a parameter as it stands beside its name. */
export function shownScalar(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string') return value === '' ? '(empty)' : value
  return typeof value === 'number' ? String(value) : '?'
}
