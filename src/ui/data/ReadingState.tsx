/** How reading a dataset went: rows, answers, tokens; or that it is still being read, or why it cannot be. */
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { DatasetFacts } from '#src/ir/dataset.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useStores } from '../shell/useStores.ts'
import { requestOf } from './requestOf.ts'

export function ReadingState({ view }: { readonly view: NodeView }): ReactElement | null {
  const { facts } = useStores()
  useSnapshot(facts.state)
  const request = requestOf(view)
  const entry = request && facts.entryOf(request)
  if (!entry) return null
  if (entry.phase === 'reading') return <p className="mt-1.5 text-2xs text-faint">Reading rows …</p>
  if (entry.phase === 'failed') return <p className="mt-1.5 text-xs text-bad">{entry.diagnostic.message}</p>
  return <p className="tabular mt-1.5 text-2xs text-muted">{sentence(entry.facts)}</p>
}

function sentence(facts: DatasetFacts): string {
  const broken = facts.rows - facts.usable
  if (facts.usable === 0) return broken > 0 ? `no usable row · ${broken.toLocaleString('en')} left out` : 'no rows'
  const parts = [
    facts.usable === 1 ? '1 row' : `${facts.usable.toLocaleString('en')} rows`,
    facts.withAnswer === facts.usable ? 'all with answers' : `${facts.withAnswer.toLocaleString('en')} with answers`,
  ]
  if (broken > 0) parts.push(`${broken.toLocaleString('en')} left out`)
  const counts = facts.tokens[0]
  if (counts) {
    const total = sum(counts.prompt) + sum(counts.completion)
    parts.push(`${total.toLocaleString('en')} tokens`)
  }
  return parts.join(' · ')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
