/** Numbers of a stage in the table of a plan, with what stands behind them. */
import type { ReactElement } from 'react'
import { saveNames } from '#src/ir/saves.ts'
import type { PlanRow } from '#src/store/planTable.ts'
import { tokenCount } from '#src/store/planTable.ts'
import { Tip } from '../theme/Tip.tsx'
import { count, countRange, heldoutTokens, storage, tokenWords } from './amounts.ts'

export function Cell({ children }: { readonly children: ReactElement | string | null }): ReactElement {
  return (
    <td className="px-2 py-2 text-right text-xs leading-[18px] whitespace-nowrap last:pr-3">
      {children ?? <i className="text-muted not-italic">·</i>}
    </td>
  )
}

export function Unknown({ why }: { readonly why: string }): ReactElement {
  return (
    <Tip text={why} side="top">
      <span tabIndex={0} className="cursor-help text-muted underline decoration-dotted underline-offset-2">
        not known
      </span>
    </Tip>
  )
}

export function Rows({ estimate }: { readonly estimate: NonNullable<PlanRow['estimate']> }): ReactElement {
  const { rows, dropped } = estimate
  return (
    <>
      {count(rows)}
      {dropped > 0 ? <span className="block text-2xs text-warn">{count(dropped)} left out</span> : null}
    </>
  )
}

export function Tokens({
  row,
  estimate,
}: {
  readonly row: PlanRow
  readonly estimate: NonNullable<PlanRow['estimate']>
}): ReactElement {
  if (!estimate.tokens) return <Unknown why="Nobody counted the rows" />
  const { low, high } = estimate.tokens
  const measured = heldoutTokens(row.stage.mode, estimate)
  return (
    <>
      <Tip text={tokenWords(row.stage.mode, estimate) || 'none'} side="top">
        <span>{countRange({ low: tokenCount(low), high: tokenCount(high) })}</span>
      </Tip>
      {measured > 0 ? <span className="block text-2xs text-muted">{count(measured)} held-out</span> : null}
    </>
  )
}

export function Saves({ row, saves }: { readonly row: PlanRow; readonly saves: number }): ReactElement {
  const bytes = row.cost?.bytes ?? null
  const names = row.stage.mode === 'evaluate' ? [] : saveNames(row.stage)
  return (
    <>
      <Tip text={`${names.join(', ')}: state to train on, and weights to sample from`} side="top">
        <span>{count(saves)}</span>
      </Tip>
      {bytes !== null && bytes > 0 ? <span className="block text-2xs text-muted">{storage(bytes)}</span> : null}
    </>
  )
}
