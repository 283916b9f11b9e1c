/** Problems as data: a permanent code, a severity, a sentence, the exact place, and where possible a fix. */
export type Severity = 'error' | 'warning' | 'info'

/** The place a diagnostic is about. The narrowest one that is true. */
export type Locus =
  | { readonly on: 'document' }
  | { readonly on: 'node'; readonly node: string }
  | { readonly on: 'port'; readonly node: string; readonly port: string }
  | { readonly on: 'field'; readonly node: string; readonly field: string }
  | { readonly on: 'edge'; readonly edge: string }
  | { readonly on: 'stage'; readonly stage: string }
  | { readonly on: 'row'; readonly source: string; readonly line: number }

/** A command the problem list can offer as a button; `command` is an id of `store/commands`. */
export type Fix = { readonly title: string; readonly command: string; readonly args: Readonly<Record<string, unknown>> }

export type Diagnostic = {
  readonly code: string
  readonly severity: Severity
  /** One sentence for a person: what is wrong here, and what would mend it. */
  readonly message: string
  readonly at: Locus
  /** The exact place where `at` is the card of a group around it; ids there are `group/inner`. */
  readonly inside?: Locus
  readonly related?: readonly Locus[]
  readonly fix?: Fix
  readonly data?: Readonly<Record<string, unknown>>
}

/** One row of a room's `codes.ts`. Codes are permanent: they are never reused and never removed. */
export type DiagnosticCode = { readonly severity: Severity; readonly title: string; readonly help: string }

/** The table of a room's codes, e.g. `{ CM3001: { severity: 'error', title: 'Cycle', help: 'cycles' } }`. */
export type CodeTable = Readonly<Record<string, DiagnosticCode>>

/**
 * Makes the room's `diagnose` function from its code table, so that severity has one source.
 * `severity` in `extra` may only be used where one code has several weights.
 */
export function diagnoser<T extends CodeTable>(
  table: T,
): (
  code: keyof T & string,
  at: Locus,
  message: string,
  extra?: Pick<Diagnostic, 'related' | 'fix' | 'data'> & { severity?: Severity },
) => Diagnostic {
  return (code, at, message, extra = {}) => ({
    code,
    severity: table[code]!.severity,
    message,
    at,
    ...extra,
  })
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error')
}
