/** Diagnostics as lines for a terminal. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { createDefaultRegistry } from '#nodes/index.ts'
import type { Prepared } from './prepare.ts'

const kinds = createDefaultRegistry()

/** One line per diagnostic: `error CM3501 SFT › batchSize: …`. */
export function diagnosticLines(diagnostics: readonly Diagnostic[], doc: GraphDoc | null): string[] {
  return diagnostics.map(({ severity, code, at, message }) => {
    const place = placeOf(at, doc)
    return `${severity} ${code}${place === '' ? '' : ` ${place}`}: ${message}`
  })
}

/** All that is wrong with what was opened; the sentence why it could not be, unless a diagnostic is that sentence. */
export function problemLines(prepared: Prepared): string[] {
  const { diagnostics } = prepared
  const lines = diagnosticLines(diagnostics, prepared.ok ? prepared.doc : null)
  const told = prepared.ok || diagnostics.some(({ message }) => message === prepared.problem)
  return told ? lines : [...lines, prepared.problem]
}

/** `1 row`, `1,234 rows`. */
export function several(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`
}

function placeOf(at: Locus, doc: GraphDoc | null): string {
  const title = (node: string): string => {
    const { title: own, kind } = doc?.nodes[node] ?? {}
    return own || (kind !== undefined && kinds.get(kind)?.title) || kind || node
  }
  switch (at.on) {
    case 'document':
      return ''
    case 'node':
      return title(at.node)
    case 'port':
      return `${title(at.node)} › ${at.port}`
    case 'field':
      return `${title(at.node)} › ${at.field}`
    case 'edge':
      return `wire ${at.edge}`
    case 'stage':
      return `stage ${at.stage}`
    case 'row':
      return `${at.source}:${at.line}`
  }
}
