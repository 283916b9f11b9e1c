/** What every node kind must show: refusals that name field, value and range; golden plan and diagnostics; no field without effect. */
import { expect, test } from 'vitest'
import type { Json } from '#src/base/canonicalJson.ts'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { NodeId } from '#src/base/ids.ts'
import { compile } from '#src/compiler/compile.ts'
import type { CompileResult } from '#src/compiler/compile.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { setBinding, setParams } from '#src/graph/ops.ts'
import type { Facts } from '#src/ir/dataset.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { expectGolden } from './golden.ts'
import { facts, pipeline, registry } from './pipeline.ts'

export type KindSuite = {
  readonly kind: string
  /** The pipeline's node of that kind. */
  readonly node: string
  /** Another value for every param, with params that make its field visible first. */
  readonly changes: { readonly [field: string]: Json | { readonly to: Json; readonly with: Params } }
  /** Params that are refused: what is set and the sentence that comes back. */
  readonly refused: readonly (readonly [Params, string])[]
  /** Drawings that get a diagnostic, by its code. */
  readonly diagnosed: {
    readonly [code: string]: { readonly doc?: GraphDoc; readonly params?: Params; readonly facts?: Facts }
  }
  /** What of the plan the golden shows. */
  readonly golden: (plan: Plan) => unknown
  readonly facts?: Facts
}

export function testKind(suite: KindSuite): void {
  const kind = registry.get(suite.kind)!
  const folder = `nodes/${suite.kind}/golden`
  const given = suite.facts ?? facts
  const at = { on: 'node', node: suite.node } as const
  const compiled = (params: Params): CompileResult => compile(pipeline({ [suite.node]: params }), registry, given)

  test('its golden plan is what the pipeline compiles to, without a warning', () => {
    const { plan, diagnostics } = compiled({})
    expect(diagnostics).toEqual([])
    expectGolden(`${folder}/plan.json`, suite.golden(plan!))
  })

  test('has a change for every param and a field for every param', () => {
    const params = Object.keys(kind.defaults).sort()
    expect(Object.keys(suite.changes).sort()).toEqual(params)
    expect(kind.fields.map((field) => field.key).sort()).toEqual(params)
  })

  if (kind.ports(kind.defaults).length > 0) {
    test.each(Object.entries(suite.changes))('changing %s changes the plan', (field, change) => {
      const { to, with: first } = isFull(change) ? change : { to: change, with: {} }
      const before = planBytes(compiled(first))
      expect(planBytes(compiled({ ...first, [field]: to }))).not.toBe(before)
      expect(planBytes(compiled(first))).toBe(before)
    })
  }

  test.each(suite.refused.map(([params, message]) => [canonicalJson(params), params, message] as const))(
    'refuses %s',
    (_, params, message) => {
      const parsed = kind.parse({ ...(kind.defaults as Params), ...params }, at)
      expect(parsed.ok ? [] : parsed.error.map((d) => d.message)).toEqual([message])
    },
  )

  test('mends what it refuses by the fix that it offers', () => {
    for (const [params] of suite.refused) {
      const doc = pipeline({ [suite.node]: params })
      for (const diagnostic of compile(doc, registry, given).diagnostics) expectMended(doc, given, diagnostic)
    }
  })

  test.each(Object.entries(suite.diagnosed))('says %s where it belongs, as in the golden file', (code, how) => {
    const doc = how.doc ?? pipeline({ [suite.node]: how.params ?? {} })
    const { diagnostics } = compile(doc, registry, how.facts ?? given)
    const found = diagnostics.filter((d) => d.code === code)
    expect(found.length, `${code} among ${diagnostics.map((d) => d.code).join(', ')}`).toBeGreaterThan(0)
    expectGolden(`${folder}/${code}.json`, found)
    for (const diagnostic of found) expectMended(doc, how.facts ?? given, diagnostic)
  })

  test('has a one-line summary', () => {
    expect(kind.summary(kind.defaults)).not.toContain('\n')
  })
}

/** A fix that is offered must make its diagnostic go away. */
export function expectMended(doc: GraphDoc, given: Facts, diagnostic: Diagnostic): void {
  const { fix } = diagnostic
  if (!fix) return
  const after = applied(doc, fix.command, fix.args)
  expect(compile(after, registry, given).diagnostics, `${diagnostic.code}: ${fix.title}`).not.toContainEqual(diagnostic)
}

export function applied(doc: GraphDoc, command: string, args: Readonly<Record<string, unknown>>): GraphDoc {
  return edit(doc, (draft) => {
    if (command === 'node.setParams') {
      const { node, field, value } = args as { node: NodeId; field: string; value: Json }
      expect(setParams(draft, node, { [field]: value })).toBe(true)
    } else if (command === 'field.unbind') {
      const { node, field } = args as { node: NodeId; field: string }
      expect(setBinding(draft, node, field, null)).toBe(true)
    } else if (command === 'wire.disconnect') {
      for (const id of args['edges'] as string[]) delete draft.edges[id as never]
    } else throw new Error(`no command ${command}`)
  }).doc
}

function planBytes({ plan, diagnostics }: CompileResult): string {
  expect(plan, diagnostics.map((d) => d.message).join('\n')).not.toBeNull()
  return canonicalJson(plan)
}

function isFull(change: KindSuite['changes'][string]): change is { to: Json; with: Params } {
  return typeof change === 'object' && change !== null && 'to' in change
}
