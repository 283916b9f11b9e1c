import type { ReactElement } from 'react'
import type { StageId } from '#src/base/ids.ts'
import type { RunState } from '#src/ir/runState.ts'

/** Policies side by side: score, 95 % interval, rows. */
export function EvaluationTable({ state, stage }: { readonly state: RunState; readonly stage: StageId }): ReactElement {
  const results = state.evaluations[stage] ?? []
  if (results.length === 0)
    return <p className="p-4 text-xs text-muted">Scores appear as soon as the first policy has answered.</p>
  const top = Math.max(1, ...results.map((r) => r.high))
  return (
    <table className="m-3 w-[calc(100%-24px)] max-w-3xl border-collapse text-sm">
      <thead>
        <tr className="text-left text-2xs text-faint">
          <th className="py-1 pr-3 font-semibold">Policy</th>
          <th className="py-1 pr-3 text-right font-semibold">Mean reward</th>
          <th className="py-1 pr-3 font-semibold">95 % interval</th>
          <th className="py-1 text-right font-semibold">Answers</th>
        </tr>
      </thead>
      <tbody className="tabular">
        {results.map((result) => (
          <tr key={result.label} className="border-t border-line">
            <td className="py-2 pr-3 font-medium">{result.label}</td>
            <td className="py-2 pr-3 text-right">{result.score.toFixed(3)}</td>
            <td className="w-1/2 py-2 pr-3">
              <span
                className="relative block h-3 rounded-sm bg-sunken"
                title={`${result.low.toFixed(3)} to ${result.high.toFixed(3)}`}
              >
                <span
                  className="absolute inset-y-0 left-0 rounded-sm bg-scores/35"
                  style={{ width: `${(100 * Math.max(0, result.score)) / top}%` }}
                />
                <span
                  className="absolute top-1/2 h-0.5 -translate-y-1/2 bg-scores"
                  style={{
                    left: `${(100 * Math.max(0, result.low)) / top}%`,
                    width: `${(100 * (result.high - Math.max(0, result.low))) / top}%`,
                  }}
                />
              </span>
              <span className="text-2xs text-faint">
                {result.low.toFixed(3)} – {result.high.toFixed(3)}
              </span>
            </td>
            <td className="py-2 text-right text-muted">{result.n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
