/** Facts of every sort for a drawing: unread, empty, without answers, too long, or fine. */
import type { Rng } from '#src/base/rng.ts'
import type { FactRequest } from '#src/compiler/factRequests.ts'
import type { DatasetFacts, Facts } from '#src/ir/dataset.ts'
import { TINY, rowFacts } from '../support/facts.ts'

export function randomFacts(rng: Rng, requests: readonly FactRequest[]): Facts {
  const datasets: { [key: string]: DatasetFacts } = {}
  for (const { key } of requests) if (rng.next() < 0.95) datasets[key] = randomRows(rng)
  const models = [{ name: TINY, maxContext: rng.next() < 0.8 ? 512 : null, renderer: 'tunegraph' }]
  return { datasets, models: rng.next() < 0.95 ? models : null }
}

function randomRows(rng: Rng): DatasetFacts {
  const rows = rng.next() < 0.1 ? rng.int(3) : 20 + rng.int(200)
  const usable = rng.next() < 0.7 ? rows : rng.int(rows + 1)
  const length = (): number[] => Array.from({ length: usable }, () => rng.int(rng.next() < 0.1 ? 700 : 40))
  return rowFacts({
    rows,
    usable,
    withAnswer: rng.next() < 0.7 ? usable : rng.int(usable + 1),
    fingerprint: String(rng.int(1e9)).padStart(64, '0'),
    ...(rng.next() < 0.1 ? { mapping: null } : {}),
    tokens: rng.next() < 0.5 ? [{ model: TINY, prompt: length(), completion: length() }] : [],
  })
}
