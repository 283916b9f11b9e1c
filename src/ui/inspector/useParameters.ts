/** Graph parameters of the open drawing and where they are used; both are computed once per change of its nodes. */
import { useSyncExternalStore } from 'react'
import { parameterUses } from '#src/store/parameterUses.ts'
import type { ParameterUses } from '#src/store/parameterUses.ts'
import { parametersOf } from '#src/store/parameters.ts'
import type { Parameters } from '#src/store/parameters.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { useEditor } from '../shell/useEditor.ts'

export function useParameters(): Parameters {
  const { doc, registry } = useEditor()
  return useSyncExternalStore(doc.subscribe, () => parametersOf(doc.whole(), registry))
}

export function useParameterUses(): ParameterUses {
  const { doc, registry } = useEditor()
  return useSyncExternalStore(doc.subscribe, () => parameterUses(doc.whole(), registry))
}

/** A value as it stands beside a name; with the field that holds it, a choice by its label. */
export function shownScalar(value: unknown, field?: FieldSpec): string {
  if (field?.control.type === 'select') {
    const option = field.control.options.find((candidate) => candidate.value === value)
    if (option) return option.label
  }
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string') return value === '' ? '(empty)' : value
  return typeof value === 'number' ? String(value) : '?'
}
