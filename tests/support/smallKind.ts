/** For kinds that the plain pipeline has no node of: refusals, diagnostics with their goldens, and the summary. */
import { expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import type { NodeId } from '#src/base/ids.ts'
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { expectGolden } from './golden.ts'
import { expectMended } from './kindSuite.ts'
import { facts, registry } from './pipeline.ts'

export type SmallKindSuite = {
  readonly kind: string
  readonly refused: readonly (readonly [Params, string])[]
  /** A drawing that compiles; with each change its plan must differ from the plain one. */
  readonly drawing: (params: Params) => GraphDoc
  readonly changes: { readonly [field: string]: Params }
  readonly diagnosed: { readonly [code: string]: GraphDoc }
}

export function testSmallKind({ kind: id, refused, drawing, changes, diagnosed }: SmallKindSuite): void {
  const kind = registry.get(id)!
  const bytes = (params: Params): string => {
    const { plan, diagnostics } = compile(drawing(params), registry, facts)
    expect(plan, diagnostics.map((d) => `${d.code} ${d.message}`).join('\n')).not.toBeNull()
    return canonicalJson(plan)
  }

  test('its golden plan is what its drawing compiles to, without a word', () => {
    const { plan, diagnostics } = compile(drawing({}), registry, facts)
    expect(diagnostics).toEqual([])
    const { stages, decisions, variants, cards } = plan!
    const shown = stages.map(({ id, node, mode, dependsOn, conditions }) => ({ id, node, mode, dependsOn, conditions }))
    expectGolden(`nodes/${id}/golden/plan.json`, { stages: shown, decisions, variants, cards })
  })

  test('every param is tried', () => {
    expect(Object.keys(changes).sort()).toEqual(kind.fields.map((field) => field.key).sort())
  })

  test.each(Object.entries(changes))('changing %s changes the plan', (_, params) => {
    expect(bytes(params)).not.toBe(bytes({}))
  })

  test.each(refused.map(([params, message]) => [canonicalJson(params), params, message] as const))(
    'refuses %s',
    (_, params, message) => {
      const parsed = kind.parse({ ...(kind.defaults as Params), ...params }, { on: 'node', node: 'n' as NodeId })
      expect(parsed.ok ? [] : parsed.error.map((d) => d.message)).toEqual([message])
    },
  )

  test.each(Object.entries(diagnosed))('says %s where it belongs, as in the golden file', (code, doc) => {
    const found = compile(doc, registry, facts).diagnostics.filter((d) => d.code === code)
    expect(found.length).toBeGreaterThan(0)
    expectGolden(`nodes/${id}/golden/${code}.json`, found)
    for (const diagnostic of found) expectMended(doc, facts, diagnostic)
  })

  test('has a one-line summary', () => {
    expect(kind.summary(kind.defaults)).not.toContain('\n')
  })
}
