/** Seeded random documents, from nearly sound to hostile: structure, params, kinds, circles, sizes, depths, strings. */
import type { Rng } from '#src/base/rng.ts'
import { seededRng } from '#src/base/rng.ts'
import type { Registry } from '#src/kinds/registry.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'n_1',
  'sft',
  'a/b',
  'x~1',
  '',
  ' ',
  '\u0000',
  '\ud800',
  '🦆',
  'a'.repeat(300),
]
const ODD: readonly unknown[] = [
  null,
  true,
  -0,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '__proto__',
  '\udfff',
  [],
  {},
  [[]],
  { type: 'auto' },
]

/** The text of a file; the seed alone repeats it. */
export function randomDocument(seed: number, registry: Registry): string {
  const rng = seededRng(seed)
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
  const shape = rng.next()
  if (shape < 0.02) return pick(['', '{', 'null', '[]', '7', '"x"', '{"nodes":7}', '{"nodes":{}}', '\ufeff{}'])
  const kinds = registry.all
  const ids = Array.from({ length: 1 + rng.int(12) }, (_, i) => (rng.next() < 0.1 ? pick(NAMES) : `n${i}`))
  const nodes: [string, unknown][] = ids.map((id) => {
    const kind = pick(kinds)
    if (rng.next() < 0.03) return [id, pick(ODD)]
    const params: [string, unknown][] = Object.entries(kind.defaults).map(([key, value]) =>
      rng.next() < 0.12 ? [key, anything(rng, 0)] : [key, value],
    )
    if (rng.next() < 0.05) params.push([pick(NAMES), anything(rng, 0)])
    const node: [string, unknown][] = [
      ['id', id],
      ['kind', rng.next() < 0.04 ? pick(NAMES) : kind.kind],
      ['kindVersion', rng.next() < 0.05 ? pick(ODD) : kind.version],
      ['title', rng.next() < 0.1 ? pick(NAMES) : ''],
      ['params', kind.kind === 'group' && rng.next() < 0.5 ? nested(rng, registry) : record(params)],
      ['position', rng.next() < 0.05 ? pick(ODD) : { x: 0, y: 0 }],
    ]
    if (rng.next() < 0.08) node.push(['mode', pick(['mute', 'bypass', 'off', 7])])
    if (rng.next() < 0.08)
      node.push(['bindings', record([[pick(['learningRate', 'seed', '__proto__']), pick(['lr', '', 7])]])])
    if (rng.next() < 0.03) node.push(['pin', pick(['f'.repeat(64), 'x', null])])
    return [id, record(node)]
  })
  const ports = kinds.flatMap((kind) => kind.ports(kind.defaults).map((port) => port.key))
  const edges: [string, unknown][] = Array.from({ length: rng.int(20) }, (_, i) => {
    const end = (): unknown => ({ node: pick(ids), port: rng.next() < 0.05 ? pick(NAMES) : pick(ports) })
    return [
      rng.next() < 0.04 ? pick(NAMES) : `e${i}`,
      rng.next() < 0.03 ? pick(ODD) : { id: `e${i}`, from: end(), to: end() },
    ]
  })
  const file: [string, unknown][] = [
    ['format', 'tunegraph'],
    ['version', rng.next() < 0.04 ? pick([...ODD, 99]) : 1],
    ['id', 'd'],
    ['title', 'Random'],
    ['nodes', record(nodes)],
    ['edges', rng.next() < 0.02 ? pick(ODD) : record(edges)],
    ['assets', rng.next() < 0.05 ? anything(rng, 0) : {}],
  ]
  const text = textOf(record(file))
  if (rng.next() > 0.03) return text
  const cut = rng.int(text.length)
  return text.slice(0, cut) + text.slice(cut + 1 + rng.int(9))
}

/** Groups in groups, some of them holding themselves by name only. */
function nested(rng: Rng, registry: Registry): unknown {
  const kind = registry.get('group')!
  let params: unknown = kind.defaults
  for (let depth = rng.int(20); depth > 0; depth--) {
    const node = { id: 'g', kind: 'group', kindVersion: 1, title: '', params, position: { x: 0, y: 0 } }
    const inner = [{ node: rng.next() < 0.8 ? 'g' : 'nobody', port: 'p' }]
    const port = { key: 'p', label: 'P', type: 'policy', direction: 'in', required: true, multiple: false, inner }
    params = {
      graph: { nodes: { g: node }, edges: {} },
      ports: rng.next() < 0.5 ? [port] : [],
      promoted: [],
      values: {},
    }
  }
  return params
}

function anything(rng: Rng, depth: number): unknown {
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
  if (depth < 4 && rng.next() < 0.3) {
    const size = rng.int(4)
    if (rng.next() < 0.5) return Array.from({ length: size }, () => anything(rng, depth + 1))
    return record(Array.from({ length: size }, () => [pick(NAMES), anything(rng, depth + 1)]))
  }
  return rng.next() < 0.3 ? pick(NAMES) : pick(ODD)
}

class Members {
  readonly entries: readonly (readonly [string, unknown])[]
  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries
  }
}

/** Members in the order given, also `__proto__` and one name twice, which no object of ours could hold. */
function record(entries: readonly (readonly [string, unknown])[]): unknown {
  return new Members(entries)
}

function textOf(value: unknown): string {
  if (value instanceof Members)
    return `{${value.entries.map(([k, v]) => `${JSON.stringify(k)}:${textOf(v)}`).join(',')}}`
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([k, v]) => `${JSON.stringify(k)}:${textOf(v)}`)
      .join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
