/** The shared input-to-output vectors, by area. */
import { readFileSync } from 'node:fs'

export type Vector<I, E> = { readonly area: string; readonly name: string; readonly input: I; readonly expected: E }

const FILE = new URL('../../../tests/golden/vectors.json', import.meta.url)

let loaded: readonly Vector<unknown, unknown>[] | undefined

/** Vectors of one area. @throws when there are none: a misspelt area must not pass as an empty table. */
export function vectorsOf<I, E>(area: string): Vector<I, E>[] {
  loaded ??= JSON.parse(readFileSync(FILE, 'utf8')) as readonly Vector<unknown, unknown>[]
  const found = loaded.filter((vector) => vector.area === area) as Vector<I, E>[]
  if (found.length === 0) throw new Error(`no vectors of the area '${area}'`)
  return found
}
