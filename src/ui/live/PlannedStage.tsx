import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'

/** What the plan knows of the node's stage before anything is spent. */
export function PlannedStage({ node }: { readonly node: string }): ReactElement | null {
  const { problems } = useEditor()
  const { plan } = useSnapshot(problems.state)
  const stage = plan?.stages.find((s) => s.node === node)
  const estimate = stage && plan?.estimates[stage.id]
  if (!stage || !estimate) return null
  const n = (value: number): string => value.toLocaleString('en')
  const facts =
    stage.mode === 'evaluate'
      ? [
          [n(estimate.rows), 'rows'],
          [n(stage.evaluation.policies.length), 'policies'],
          [n(estimate.rollouts), 'answers'],
        ]
      : [
          [n(estimate.optimizerSteps), 'steps'],
          [n(estimate.rows), 'rows'],
          stage.mode === 'rl'
            ? [n(estimate.rollouts), 'rollouts']
            : [estimate.trainTokens === null ? '?' : n(estimate.trainTokens), 'tokens'],
        ]
  return (
    <dl className="tabular flex h-full items-center gap-4">
      {facts.map(([value, label]) => (
        <div key={label} className="leading-tight">
          <dd className="font-medium">{value}</dd>
          <dt className="text-2xs text-faint">{label}</dt>
        </div>
      ))}
    </dl>
  )
}
