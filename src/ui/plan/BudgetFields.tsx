/** What a run may cost at most; it stops at the step boundary behind the limit, with its state saved. Kept in this browser. */
import { useEffect, useId, useState } from 'react'
import type { ReactElement } from 'react'
import { ref, useSnapshot } from 'valtio'
import type { Budget } from '#src/ir/budget.ts'
import type { Range } from '#src/ir/planCost.ts'
import { tokenCount } from '#src/store/planTable.ts'
import type { PlanTable } from '#src/store/planTable.ts'
import { NUMBER_BOX_CLASS } from '../inspector/controls/controlClasses.ts'
import { parseNumber } from '../inspector/controls/numberText.ts'
import { useEditor } from '../shell/useEditor.ts'

type Limit = keyof Budget

const LIMITS: readonly {
  readonly key: Limit
  readonly label: string
  readonly before?: string
  readonly after?: string
}[] = [
  { key: 'dollars', label: 'Dollars at most', before: '$' },
  { key: 'tokens', label: 'Tokens at most', after: 'tokens' },
  { key: 'minutes', label: 'Minutes at most', after: 'min' },
]

export function BudgetFields({
  total,
  onValid,
}: {
  readonly total: PlanTable['total'] | null
  onValid(valid: boolean): void
}): ReactElement {
  const { prefs } = useEditor()
  const { budget } = useSnapshot(prefs)
  const [wrong, setWrong] = useState<ReadonlySet<Limit>>(new Set())
  useEffect(() => onValid(wrong.size === 0), [wrong, onValid])
  const note = wrong.size > 0 ? 'A limit is a number above 0; leave it empty for none.' : shortfall(budget, total)
  return (
    <fieldset className="flex max-w-104 min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
      <legend className="float-left mr-2 py-1.5 text-xs">Stop after</legend>
      {LIMITS.map(({ key, ...words }) => (
        <LimitField
          key={key}
          {...words}
          value={budget[key]}
          onChange={(value) => {
            prefs.budget = ref({ ...prefs.budget, [key]: value })
          }}
          onValid={(valid) => setWrong((before) => withLimit(before, key, !valid))}
        />
      ))}
      {note === null ? null : (
        <p role="status" className={`basis-full text-2xs ${wrong.size > 0 ? 'text-bad' : 'text-warn'}`}>
          {note}
        </p>
      )}
    </fieldset>
  )
}

function LimitField({
  label,
  before,
  after,
  value,
  onChange,
  onValid,
}: {
  readonly label: string
  readonly before?: string
  readonly after?: string
  readonly value: number | null
  onChange(value: number | null): void
  onValid(valid: boolean): void
}): ReactElement {
  const id = useId()
  const [text, setText] = useState(value === null ? '' : String(value))
  const parsed = parseNumber(text)
  const good = text.trim() === '' || (parsed !== null && parsed > 0)
  return (
    <span className={NUMBER_BOX_CLASS.replace('w-full', 'w-26')} data-invalid={good ? undefined : ''}>
      {before ? (
        <span className="pl-2 text-2xs text-faint" aria-hidden>
          {before}
        </span>
      ) : null}
      <input
        id={id}
        aria-label={label}
        aria-invalid={!good}
        inputMode="decimal"
        autoComplete="off"
        placeholder="no limit"
        className="h-full min-w-0 flex-1 bg-transparent px-1.5 text-right text-xs text-text tabular outline-none placeholder:text-faint"
        value={text}
        onChange={(event) => {
          const next = event.target.value
          setText(next)
          const number = parseNumber(next)
          const valid = next.trim() === '' || (number !== null && number > 0)
          onValid(valid)
          if (valid) onChange(next.trim() === '' ? null : number)
        }}
      />
      {after ? (
        <span className="pr-2 text-2xs text-faint" aria-hidden>
          {after}
        </span>
      ) : null}
    </span>
  )
}

/** Where the plan takes more than the limit, or may. */
function shortfall(budget: Budget, total: PlanTable['total'] | null): string | null {
  if (!total) return null
  const { tokens, cost } = total
  const takes: readonly (readonly [string, number | null, Range | null])[] = [
    ['dollars', budget.dollars, cost.dollars],
    ['tokens', budget.tokens, tokens && { low: tokenCount(tokens.low), high: tokenCount(tokens.high) }],
    ['minutes', budget.minutes === null ? null : budget.minutes * 60, cost.seconds],
  ]
  const over = (end: 'low' | 'high'): string =>
    takes.flatMap(([name, limit, range]) => (limit !== null && range && range[end] > limit ? [name] : [])).join(' and ')
  if (over('low') !== '') {
    return `The plan takes more ${over('low')}: the run will stop on the way, with its state saved.`
  }
  return over('high') === ''
    ? null
    : `The plan may take more ${over('high')}: then the run stops, with its state saved.`
}

function withLimit(before: ReadonlySet<Limit>, key: Limit, wrong: boolean): ReadonlySet<Limit> {
  if (before.has(key) === wrong) return before
  const next = new Set(before)
  if (wrong) next.add(key)
  else next.delete(key)
  return next
}
