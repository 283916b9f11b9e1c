/** Params from a document → a kind's typed params, guided by its fields: the inspector and the parser share one range. */
import type { Json } from '#src/base/canonicalJson.ts'
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import type { Params } from '#src/graph/model.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { refusalOf } from '#src/kinds/refusal.ts'
import { kindDiagnostic, settingFix } from './codes.ts'

/** A sentence about values that are fine alone and wrong together, and the value of `field` that would mend it. */
export type Clash<P> = { readonly field: keyof P & string; readonly message: string; readonly mend: Json }

export type ParamRules<P> = {
  readonly defaults: P
  readonly fields: readonly FieldSpec<P>[]
  /** Checks of composite params, whose control alone cannot tell; a sentence or null. */
  readonly composite?: { readonly [K in keyof P]?: (value: Json) => string | null }
  readonly clashes?: (params: P) => readonly Clash<P>[]
}

/**
 * A param that is absent has its default; a param whose field is hidden and whose value is refused, too, because nobody
 * could see or mend it. Everything else that does not fit is an error that names the field, the value and the range.
 */
export function parseFields<P extends object>(
  rules: ParamRules<P>,
  raw: Params,
  at: Locus & { on: 'node' },
): Result<P, readonly Diagnostic[]> {
  let refused: readonly Refused<P>[] = NONE
  for (const field of rules.fields) {
    if (!Object.hasOwn(raw, field.key)) continue
    const value = raw[field.key]!
    const message = rules.composite?.[field.key]?.(value) ?? refusalOf(field as FieldSpec<never>, value)
    if (message) refused = [...refused, { field, message }]
  }
  const params = refused.length === 0 && holdsAll(rules, raw) ? (raw as P) : filled(rules, raw, refused)
  const visible = refused.length === 0 ? refused : refused.filter(({ field }) => !field.hiddenIf?.(params))
  if (visible.length > 0) {
    return err(
      visible.map(({ field, message }) =>
        refusal('KD2001', at.node, field.key, message, rules.defaults[field.key] as Json),
      ),
    )
  }
  const clashes = rules.clashes?.(params) ?? NONE
  if (clashes.length > 0) return err(clashes.map((c) => refusal('KD2002', at.node, c.field, c.message, c.mend)))
  return ok(params)
}

type Refused<P> = { readonly field: FieldSpec<P>; readonly message: string }

const NONE: readonly never[] = []

/** The defaults with what is given and not refused in their place. */
function filled<P extends object>(
  { defaults, fields }: ParamRules<P>,
  raw: Params,
  refused: readonly { readonly field: FieldSpec<P> }[],
): P {
  const values = { ...defaults } as Record<string, unknown>
  for (const field of fields) {
    if (!Object.hasOwn(raw, field.key) || refused.some((other) => other.field === field)) continue
    values[field.key] = raw[field.key]
  }
  return values as P
}

/** Params with the very members of the defaults are the result themselves: large drawings need no second copy of each. */
function holdsAll<P extends object>({ defaults, fields }: ParamRules<P>, raw: Params): boolean {
  let keys = keysOf.get(defaults)
  if (!keys) keysOf.set(defaults, (keys = Object.keys(defaults)))
  if (fields.length !== keys.length) return false
  let at = 0
  for (const key in raw) if (key !== keys[at++]) return false
  return at === keys.length
}

const keysOf = new WeakMap<object, readonly string[]>()

function refusal(code: 'KD2001' | 'KD2002', node: string, field: string, message: string, mend: Json): Diagnostic {
  return kindDiagnostic(code, { on: 'field', node, field }, message, { fix: settingFix(node, field, mend) })
}
