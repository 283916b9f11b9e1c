/** Edits one param through the document's door. Text that is refused is kept, so that nothing typed is lost. */
import { useState } from 'react'
import type { Json } from '#src/base/canonicalJson.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { refusalOf } from '#src/kinds/refusal.ts'
import { fieldEdit } from '#src/store/fieldView.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { draftOf, keepDraft } from './drafts.ts'

export type FieldEdit = {
  /** The value in use. */
  readonly value: unknown
  /** What is typed and refused, else null. */
  readonly draft: string | null
  readonly refusal: string | null
  /** Takes the value when it fits; else keeps `typed` and says why. */
  set(value: Json, typed?: string): void
  /** Ends the merge of keystrokes into one undo step. */
  done(): void
}

export function useField(view: NodeView, field: FieldSpec): FieldEdit {
  const { doc, registry } = useEditor()
  const key = `${view.rec.id}/${field.key}`
  const [, redraw] = useState(0)
  const kept = draftOf(key)
  const value = view.values[field.key]
  // An undo or a fix that changed the value outdates what was typed before.
  const draft = kept && Object.is(kept.over, value) ? kept : null

  return {
    value,
    draft: draft?.typed ?? null,
    refusal: draft?.refusal ?? null,
    set(next, typed) {
      const refusal = refusalOf(field as FieldSpec<never>, next)
      keepDraft(key, refusal !== null && typed !== undefined ? { typed, refusal, over: value } : null)
      redraw((n) => n + 1)
      if (refusal !== null) return
      const change = fieldEdit(registry, doc.get(), view.rec.id, { [field.key]: next })
      if (!change) return
      doc.transact(`Set ${field.label.toLowerCase()}`, change, {
        history: 'merge',
        mergeKey: `${field.key}@${view.rec.id}`,
      })
    },
    done: () => doc.closeMerge(),
  }
}
