/** Why a stage runs again, as words for people: which field of which node, from what to what. */
import { shownNumber } from '../base/shownNumber.ts'
import type { Plan, Scalar } from '../ir/pipelineConfig.ts'
import type { RerunReason } from '../ir/reuse.ts'
import { viewAnywhere } from './commands/levels.ts'
import type { Editor } from './editor.ts'
import { cardOf } from './planCards.ts'

export type ReasonWords = {
  /** Field or port, or the whole sentence where no value changed. */
  readonly what: string
  readonly old: string | null
  readonly new: string | null
  /** Title of the node that it is about; null when the sentence says all. */
  readonly title: string | null
  /** Where to look: the node, in a group as `group/inner`, and the field in the inspector. */
  readonly node: string | null
  readonly field: string | null
  /** Title of the earlier stage that this happened to; null when it is the stage itself. */
  readonly behind: string | null
}

const LONGEST_VALUE = 28

export function reasonWords(
  editor: Pick<Editor, 'doc' | 'registry' | 'views'>,
  plan: Plan,
  stage: string,
  reason: RerunReason,
): ReasonWords {
  const inner = viewAnywhere(editor, reason.node)
  const card = inner ? reason.node : cardOf(plan, reason.node)
  const view = inner ?? editor.views.of(editor.doc.whole(), card)
  const behind = reason.stage === stage ? null : (plan.stages.find((s) => s.id === reason.stage)?.title ?? null)
  const place = { node: view ? card : null, field: null, title: null, old: null, new: null, behind }
  switch (reason.type) {
    case 'new':
      return { ...place, what: 'has not run yet' }
    case 'failed':
    case 'stopped': {
      const at = plan.stages.find((s) => s.id === reason.stage)?.mode === 'evaluate' ? 'after' : 'at step'
      const counted = at === 'after' ? `${reason.old} policies` : String(reason.old)
      const why = reason.new === null ? '' : `: ${String(reason.new)}`
      return { ...place, what: `${reason.type} last time ${at} ${counted}${why}` }
    }
    case 'asked':
      return { ...place, what: 'asked for' }
    case 'loop':
      return { ...place, what: 'the training loops have changed since' }
    case 'gone':
      return {
        ...place,
        what: 'its saved weights are no longer there',
        old: reason.old === null ? null : String(reason.old),
      }
    case 'changed': {
      const { field, port, path } = reason
      const ports = view?.geometry.ports ?? []
      const what =
        view?.fields.find((f) => f.key === field)?.label ??
        ports.find((p) => p.port.key === port)?.port.label ??
        spaced(field ?? port ?? path?.split('.').at(-1) ?? '')
      const title = view?.title ?? null
      if (isRows(path)) return { ...place, title, field, what: 'the rows of the data changed' }
      if (what === '') return { ...place, title, what: 'what it starts from changed' }
      return { ...place, title, field, what, old: shown(reason.old), new: shown(reason.new) }
    }
  }
}

/** “Learning rate 1e-3 → 2e-3”. */
export function reasonText({ what, old, new: now, title, behind }: ReasonWords, subject: string | null): string {
  const change = now === null && old === null ? what : `${what} ${old ?? 'none'} → ${now ?? 'none'}`
  const of = title === null || title === subject ? change : `${title}: ${change}`
  return behind === null || behind === title ? of : `${behind}, ${of}`
}

function shown(value: Scalar | null): string {
  if (value === null || value === '') return 'none'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  const text = typeof value === 'number' ? shownNumber(value) : value.replace(/_/g, ' ')
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

/** A fingerprint says nothing to a person. */
function isRows(path: string | null): boolean {
  return path !== null && /(^|\.)(rows|source|mapping)(\.|$)/.test(path)
}

function spaced(key: string): string {
  return key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
}
