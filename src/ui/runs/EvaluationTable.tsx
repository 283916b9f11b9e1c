import type { ReactElement } from 'react'
import type { EvaluateStage } from '#src/ir/pipelineConfig.ts'
import type { RunState } from '#src/ir/runState.ts'

/** Where there is room a name takes one line; else it takes what the numbers leave, in as many lines as it needs. */
const POLICY =
  'w-full max-w-0 py-1.5 pr-3 wrap-anywhere whitespace-normal @xl:w-auto @xl:max-w-56 @xl:truncate @xl:whitespace-nowrap'

/**
 * Policies side by side: mean reward, its 95 % interval on a common scale, answers. Those still to come are named.
 * In a narrow panel the scale is left out and the interval stands under its mean.
 */
export function EvaluationTable({
  state,
  stage,
}: {
  readonly state: RunState
  readonly stage: EvaluateStage
}): ReactElement {
  const results = state.evaluations[stage.id] ?? []
  const measured = new Set(results.map((r) => r.label))
  const waiting = stage.evaluation.policies.filter((p) => !measured.has(p.label))
  const top = Math.max(1, ...results.map((r) => r.high))
  const percent = (value: number): string => `${(100 * Math.max(0, value)) / top}%`
  return (
    <table className="mx-3 my-1.5 w-[calc(100%-24px)] max-w-4xl border-collapse text-sm whitespace-nowrap">
      <thead>
        <tr className="align-bottom text-2xs text-faint">
          <th className="py-1 pr-3 text-left font-semibold">Policy</th>
          <th className="py-1 pr-3 text-right font-semibold">
            Mean reward
            <span className="block font-normal @md:hidden">95 % interval</span>
          </th>
          <th className="w-full min-w-24 py-1 pr-3 text-left font-semibold @max-xl:hidden">
            0 to {top === 1 ? 1 : top.toFixed(2)}
          </th>
          <th className="py-1 pr-3 text-left font-semibold @max-md:hidden">95 % interval</th>
          <th className="py-1 text-right font-semibold">Rows</th>
        </tr>
      </thead>
      <tbody className="tabular">
        {results.map((result) => (
          <tr key={result.label} className="border-t border-line @max-md:align-top">
            <td className={`${POLICY} font-medium`} title={result.label}>
              {result.label}
            </td>
            <td className="py-1.5 pr-3 text-right font-semibold">
              {result.score.toFixed(3)}
              <span className="block text-xs font-normal text-muted @md:hidden">{interval(result)}</span>
            </td>
            <td className="py-1.5 pr-3 @max-xl:hidden">
              <span className="relative block h-3 rounded-sm bg-sunken" aria-hidden>
                <span
                  className="absolute inset-y-0 left-0 rounded-sm bg-scores/35"
                  style={{ width: percent(result.score) }}
                />
                <span
                  className="absolute inset-y-0.5 border-x-[1.5px] border-scores"
                  style={{ left: percent(result.low), width: percent(result.high - Math.max(0, result.low)) }}
                >
                  <span className="absolute inset-x-0 top-1/2 h-[1.5px] -translate-y-1/2 bg-scores" />
                </span>
              </span>
            </td>
            <td className="py-1.5 pr-3 text-muted @max-md:hidden">{interval(result)}</td>
            <td className="py-1.5 text-right text-muted">{result.n.toLocaleString('en')}</td>
          </tr>
        ))}
        {waiting.map(({ label }) => (
          <tr key={label} className="border-t border-line text-faint">
            <td className={POLICY} title={label}>
              {label}
            </td>
            <td className="py-1.5 pr-3 text-right">
              <span className="@max-md:hidden">–</span>
              <span className="text-xs @md:hidden">not measured yet</span>
            </td>
            <td className="@max-xl:hidden" />
            <td className="py-1.5 pr-3 text-xs @max-md:hidden">not measured yet</td>
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function interval({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low.toFixed(3)} – ${high.toFixed(3)}`
}
