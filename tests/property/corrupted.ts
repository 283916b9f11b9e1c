/** A good file, damaged: values swapped for odd ones, members lost, renamed and added, at any depth. */
import type { Rng } from '#src/base/rng.ts'

type Tree = { [key: string]: unknown } | unknown[]

const KEYS = ['__proto__', 'constructor', 'toString', '', 'x y', 'id', 'kind', 'params', 'nodes', '9', '\ud800']
const VALUES = [
  null,
  true,
  0,
  -0,
  -1,
  7,
  0.5,
  1e308,
  NaN,
  Infinity,
  '',
  'text',
  '__proto__',
  '\udfff',
  [],
  {},
  [null],
  { x: 1 },
  { node: 'sft', port: 'trained' },
  ['a', 'b'],
  2 ** 53,
]

/** Changes `tree` in place, `times` times. */
export function corrupt(rng: Rng, tree: Tree, times: number): void {
  for (let i = 0; i < times; i++) damage(rng, somewhere(rng, tree))
}

function damage(rng: Rng, tree: Tree): void {
  const keys = Object.keys(tree)
  const key = keys[rng.int(keys.length)]
  const value = structuredClone(VALUES[rng.int(VALUES.length)])
  const name = KEYS[rng.int(KEYS.length)]!
  const target = tree as { [key: string]: unknown }
  switch (rng.int(4)) {
    case 0:
      if (key !== undefined) put(target, key, value)
      return
    case 1:
      if (key !== undefined && !Array.isArray(tree)) delete target[key]
      return
    case 2:
      put(target, name, value)
      return
    default:
      // The member moves to another name, as after a careless search and replace.
      if (key === undefined || Array.isArray(tree)) return
      put(target, name, target[key])
      delete target[key]
  }
}

/** As JSON.parse does it: `__proto__` becomes an own member like any other. */
function put(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function somewhere(rng: Rng, tree: Tree): Tree {
  let at = tree
  for (let depth = rng.int(5); depth > 0; depth--) {
    const inner = Object.values(at).filter((v): v is Tree => typeof v === 'object' && v !== null)
    const next = inner[rng.int(inner.length)]
    if (!next) return at
    at = next
  }
  return at
}
