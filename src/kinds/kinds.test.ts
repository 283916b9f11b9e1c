import { describe, expect, test } from 'vitest'
import type { NodeId } from '../base/ids.ts'
import { ok } from '../base/result.ts'
import type { NodeRec, Params } from '../graph/model.ts'
import type { FieldControl, FieldSpec, NodeKind } from './contract.ts'
import { defineKind } from './defineKind.ts'
import { lensOf } from './lens.ts'
import { newNode } from './newNode.ts'
import { refusalOf } from './refusal.ts'
import { createRegistry } from './registry.ts'
import { upgradeParams } from './upgrade.ts'

type Lamp = { watts: number; ports: string }

/** A kind at version 3, whose params were once called otherwise. */
function lamp(change: Partial<NodeKind<Lamp>> = {}): NodeKind {
  return defineKind<Lamp>({
    kind: 'lamp',
    version: 3,
    title: 'Lamp',
    group: 'output',
    icon: 'lamp',
    synonyms: [],
    description: 'Shines.',
    size: { width: 100, height: 50 },
    defaults: { watts: 5, ports: 'out' },
    parse: (raw) => ok({ watts: Number(raw['watts']), ports: String(raw['ports']) }),
    migrations: [
      { id: 'lamp/1', up: ({ power, ...rest }) => ({ ...rest, watts: power! }) },
      { id: 'lamp/2', up: (params) => ({ ...params, ports: 'out' }) },
    ],
    fields: [],
    ports: ({ ports }) =>
      ports.split(',').map((key) => ({
        key,
        label: key,
        type: 'policy',
        direction: 'out',
        required: false,
        multiple: false,
        help: '',
      })),
    lower: () => ({ outputs: {}, diagnostics: [] }),
    summary: () => '',
    ...change,
  })
}

const registry = createRegistry([lamp()])
const node = (params: Params, kindVersion: number, kind = 'lamp'): NodeRec => ({
  id: 'n' as NodeId,
  kind,
  kindVersion,
  title: '',
  params,
  position: { x: 0, y: 0 },
})

describe('a definition', () => {
  test('whose version and migrations disagree does not load', () => {
    expect(() => lamp({ version: 2 })).toThrow('lamp is version 2 but its migrations lead to 3')
    expect(() => lamp({ migrations: [] })).toThrow('lead to 1')
    expect(() => lamp({ migrations: [{ id: 'lamp/2', up: (p) => p }] })).toThrow('stands where lamp/1 belongs')
  })
  test('with a field for no param does not load', () => {
    const field = { key: 'colour' as 'watts', label: 'Colour', help: '', control: { type: 'switch' } } as const
    expect(() => lamp({ fields: [field] })).toThrow('field colour but no such param')
  })
  test('may be there once', () => {
    expect(() => createRegistry([lamp(), lamp()])).toThrow('two node kinds are called lamp')
  })
})

describe('params of an older version', () => {
  test('come up through every migration in between', () => {
    expect(upgradeParams(lamp(), node({ power: 40 }, 1))).toEqual(ok({ watts: 40, ports: 'out' }))
    expect(upgradeParams(lamp(), node({ watts: 40 }, 2))).toEqual(ok({ watts: 40, ports: 'out' }))
  })
  test('of the present and of a newer one stay as they are', () => {
    const params = { watts: 1, ports: 'a' }
    expect(upgradeParams(lamp(), node(params, 3))).toEqual(ok(params))
    expect(upgradeParams(lamp(), node(params, 9))).toEqual(ok(params))
  })
})

describe('the lens', () => {
  const lens = lensOf(registry)
  test('sees ports through params, migrated where they are old', () => {
    expect(lens.ports(node({ watts: 1, ports: 'a,b' }, 3))!.map((p) => p.key)).toEqual(['a', 'b'])
    expect(lens.ports(node({ power: 1 }, 1))!.map((p) => p.key)).toEqual(['out'])
  })
  test('sees no ports of an unknown kind, and names nodes by title, kind or what the file says', () => {
    expect(lens.ports(node({}, 1, 'gone'))).toBeNull()
    expect([
      lens.name({ ...node({}, 3), title: 'Mine' }),
      lens.name(node({}, 3)),
      lens.name(node({}, 1, 'gone')),
    ]).toEqual(['Mine', 'Lamp', 'gone'])
  })
  test('shows the ports of the defaults while params are refused', () => {
    const strict = lamp({ parse: () => ({ ok: false, error: [] }) })
    expect(
      lensOf(createRegistry([strict]))
        .ports(node({ ports: 'a,b' }, 3))!
        .map((p) => p.key),
    ).toEqual(['out'])
  })
  test('answers with the identical list while a card moves', () => {
    const still = node({ watts: 1, ports: 'a' }, 3)
    expect(lens.ports({ ...still, position: { x: 9, y: 9 } })).toBe(lens.ports(still))
  })
})

test('a fresh node writes out every default and shares none of them with the kind', () => {
  const deep = lamp({ defaults: { watts: 5, ports: 'out' } })
  const made = newNode(deep, 'x' as NodeId, { x: 1, y: 2 }, { watts: 7 })
  expect(made).toEqual({
    id: 'x',
    kind: 'lamp',
    kindVersion: 3,
    title: '',
    params: { watts: 7, ports: 'out' },
    position: { x: 1, y: 2 },
  })
})

describe('a control refuses', () => {
  const number = { type: 'number', min: 0.1, max: 5, step: 0.1, integer: false } as const
  const field = (control: FieldControl, unit?: string): FieldSpec<never> =>
    ({ key: 'x' as never, label: 'Size', help: '', control, ...(unit ? { unit } : {}) }) as FieldSpec<never>
  test.each<[FieldControl, unknown, string | null]>([
    [number, 5, null],
    [number, 0.1, null],
    [number, 5.1, 'Size must be a number from 0.1 to 5, not 5.1.'],
    [number, Number.NaN, 'Size must be a number from 0.1 to 5, not null.'],
    [number, '3', 'Size must be a number from 0.1 to 5, not "3".'],
    [number, undefined, 'Size must be a number from 0.1 to 5, not nothing.'],
    [{ ...number, integer: true }, 1.5, 'Size must be a whole number from 0.1 to 5, not 1.5.'],
    [
      { type: 'text', multiline: false, maxLength: 3 },
      'abcd',
      'Size must be text of at most 3 characters, not "abcd".',
    ],
    [
      { type: 'text', multiline: false, maxLength: 3 },
      '\ud800',
      'Size must be text of at most 3 characters, not "\\ud800".',
    ],
    [{ type: 'choice', options: [1, 2] }, 2, null],
    [{ type: 'model' }, 'Qwen/Qwen3-8B:peft:131072', null],
    [{ type: 'model' }, '../etc', 'Size must be the name of a model, like family/model, not "../etc".'],
    [{ type: 'switch' }, false, null],
    [{ type: 'mapping' }, 'anything', null],
  ])('%j given %j', (control, value, sentence) => {
    expect(refusalOf(field(control), value)).toBe(sentence)
  })
  test('in the unit of the field, and long values shortly', () => {
    expect(refusalOf(field(number, 'steps'), 9)).toBe('Size must be a number from 0.1 to 5 steps, not 9.')
    expect(refusalOf(field({ type: 'switch' }), 'x'.repeat(500))!.length).toBeLessThan(120)
  })
})
