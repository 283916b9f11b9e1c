/**
 * Neighbouring datums that begin alike (the samples of one prompt) share the rows of their common beginning: each is
 * computed once, its log-probabilities serve all of them and their gradients meet in it. Results keep their bits.
 */
import type { Run } from './forward.ts'
import type { Datum } from './engineApi.ts'

/** Shorter beginnings cost more in copying keys and values than they save. */
const LEAST_SHARED = 6

export type SharedRows = {
  runs: Run[]
  /** For every position of every datum, in order, the row that computes it. */
  rowOf: Int32Array
  rows: number
}

export function shareRows(data: readonly Datum[]): SharedRows {
  const rowOf = new Int32Array(data.reduce((sum, d) => sum + d.tokens.length, 0))
  const out: SharedRows = { runs: [], rowOf, rows: 0 }
  let position = 0
  const place = (length: number, firstRow: number): void => {
    for (let t = 0; t < length; t++) rowOf[position++] = firstRow + t
  }
  const addRun = (run: Run): number => {
    out.runs.push(run)
    out.rows += run.length
    return out.rows - run.length
  }
  for (const { members, shared } of alikeNeighbours(data)) {
    if (members.length === 1) {
      const { length } = members[0]!.tokens
      place(length, addRun({ length, prefix: null }))
      continue
    }
    const prefix = out.runs.length
    const start = addRun({ length: shared, prefix: null })
    for (const { tokens } of members) {
      place(shared, start)
      const own = tokens.length - shared
      if (own > 0) place(own, addRun({ length: own, prefix }))
    }
  }
  return out
}

/** The rows that each datum adds when it stands where it stands. */
export function rowCosts(data: readonly Datum[]): number[] {
  return alikeNeighbours(data).flatMap(({ members, shared }) =>
    members.map(({ tokens }, i) => (i === 0 ? tokens.length : tokens.length - shared)),
  )
}

type Neighbours = { members: Datum[]; shared: number }

function alikeNeighbours(data: readonly Datum[]): Neighbours[] {
  const groups: Neighbours[] = []
  for (const datum of data) {
    const group = groups[groups.length - 1]
    const shared = group ? Math.min(group.shared, commonLength(group.members[0]!, datum)) : 0
    // A newcomer that agrees on less shortens what the others share: let it in only where rows are saved all the same.
    const size = group ? group.members.length : 0
    const joins = group && shared >= LEAST_SHARED && (size === 1 || shared * size >= group.shared * (size - 1))
    if (joins) {
      group.members.push(datum)
      group.shared = shared
    } else groups.push({ members: [datum], shared: datum.tokens.length })
  }
  return groups
}

/** How many leading positions have the same token and the same targets. */
function commonLength(a: Datum, b: Datum): number {
  const k = a.targetsPerToken ?? 1
  if (k !== (b.targetsPerToken ?? 1)) return 0
  const most = Math.min(a.tokens.length, b.tokens.length)
  for (let t = 0; t < most; t++) {
    if (a.tokens[t] !== b.tokens[t]) return t
    for (let j = t * k; j < (t + 1) * k; j++) if (a.targets[j] !== b.targets[j]) return t
  }
  return most
}
