/** Diagnostics as lines for a terminal. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { GraphDoc } from '#src/graph/model.ts'

/** One line per diagnostic: `error CM3501 SFT › batchSize: …`. */
export function diagnosticLines(diagnostics: readonly Diagnostic[], doc: GraphDoc | null): string[] {
  return diagnostics.map(({ severity, code, at, message }) => {
    const place = placeOf(at, doc)
    return `${severity} ${code}${place === '' ? '' : ` ${place}`}: ${message}`
  })
}

function placeOf(at: Locus, doc: GraphDoc | null): string {
  const title = (node: string): string => doc?.nodes[node]?.title || doc?.nodes[node]?.kind || node
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
