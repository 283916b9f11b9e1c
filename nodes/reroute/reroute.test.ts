import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { oneSft } from '../../tests/golden/drawings.ts'
import { facts, registry } from '../../tests/support/pipeline.ts'
import { expectGolden } from '../../tests/support/golden.ts'

test('one that nothing is wired to is reported like any missing input', () => {
  const doc = oneSft().node('r', 'reroute', { carries: 'dataset' }).wire('r.out', 'sft.heldout').doc
  const { plan, diagnostics } = compile(doc, registry, facts)
  expect(plan).toBeNull()
  expectGolden('nodes/reroute/golden/CM3101.json', diagnostics)
})

test('its ports are of the type that it carries', () => {
  const kind = registry.get('reroute')!
  for (const carries of ['policy', 'dataset', 'reward', 'scores'])
    expect(kind.ports({ carries }).map((port) => port.type)).toEqual([carries, carries])
  const parsed = kind.parse({ carries: 'heat' }, { on: 'node', node: 'r' })
  expect(parsed.ok ? [] : parsed.error.map((d) => d.message)).toEqual([
    'Carries must be one of policy, dataset, reward, scores, not "heat".',
  ])
})
