/** What all that runs takes together, and by which prices. */
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { ageInDays, PRICES } from '#src/ir/prices.ts'
import { tokenCount } from '#src/store/planTable.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { countRange, money, moneyRange, storage, timeRange } from './amounts.ts'
import type { ShownPlan } from './usePlan.ts'

export function PlanTotals({ shown }: { readonly shown: ShownPlan }): ReactElement | null {
  const { total } = shown.table
  const { cost, tokens } = total
  const { dollars, complete, seconds, bytes, storagePerMonth } = cost
  if (total.stages === 0) return null
  const figures: readonly (readonly [string, string, string | null])[] = [
    ['steps', countRange(total.steps), null],
    ...(total.rollouts.high > 0 ? [['rollouts', countRange(total.rollouts), null] as const] : []),
    [
      'tokens',
      tokens ? countRange({ low: tokenCount(tokens.low), high: tokenCount(tokens.high) }) : 'not known',
      tokens && tokens.high.sampled > 0
        ? `${countRange({ low: tokens.low.sampled, high: tokens.high.sampled })} sampled`
        : null,
    ],
    ['saves', countRange(total.saves), bytes > 0 ? `${storage(bytes)}, ${money(storagePerMonth)} a month` : null],
    ['time', seconds ? timeRange(seconds) : 'not known', null],
    ['cost', complete ? moneyRange(dollars) : dollars.low > 0 ? `at least ${money(dollars.low)}` : 'not known', null],
  ]
  return (
    <section aria-label="In all" className="mb-3">
      <dl className="tabular flex flex-wrap gap-x-8 gap-y-2 rounded-lg bg-sunken px-3 py-2.5">
        {figures.map(([name, value, more]) => (
          <div key={name} className="flex flex-col leading-tight">
            <dt className="order-2 text-2xs text-muted">
              {name}
              {more === null ? null : <> · {more}</>}
            </dt>
            <dd className="text-base font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

export function PricesLine({ shown }: { readonly shown: ShownPlan }): ReactElement {
  const { surface, now } = useEditor()
  const { backend } = useStores()
  const { selected } = useSnapshot(backend.state)
  const { prices, table, review, priceProblems } = shown
  const old = priceProblems.some((problem) => problem.at.on === 'document')
  const days = ageInDays(prices, now())
  const free = selected.type === 'embedded'
  const { dollars } = table.total.cost
  return (
    <p className="mt-2 text-xs text-muted">
      {free && dollars.high === 0 ? 'The embedded backend runs in this browser and costs nothing. ' : null}
      Prices of {prices.asOf}
      {prices === PRICES ? '' : ', edited here'}
      {old ? <span className="text-warn">, {days} days ago, and may have changed</span> : null}.{' '}
      <button
        type="button"
        className="font-medium text-accent-text hover:underline"
        onClick={() => surface.openDialog('prices', { ...surface.state.dialogArgs })}
      >
        Edit prices…
      </button>
      {review?.problem ? (
        <span className="block text-warn">Which saves still live could not be asked: {review.problem.message}</span>
      ) : null}
    </p>
  )
}
