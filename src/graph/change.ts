/** Changes as data: run a recipe on a document, apply patches, and say which parts a patch list touches. */
import { applyPatches, enablePatches, freeze, produceWithPatches } from 'immer'
import type { Draft, Patch } from 'immer'
import type { GraphDoc } from './model.ts'

enablePatches()

export type Change = {
  readonly doc: GraphDoc
  readonly patches: readonly Patch[]
  /** Applied to `doc`, they give the document before. */
  readonly inverse: readonly Patch[]
}

export type Touched = {
  readonly nodes: ReadonlySet<string>
  readonly edges: ReadonlySet<string>
  readonly assets: ReadonlySet<string>
  /** The title or another field of the document itself. */
  readonly document: boolean
  /** Whether nodes, wires or params changed, i.e. more than positions and titles: the compiler's result may differ. */
  readonly meaning: boolean
}

/** A recipe that changes nothing returns the identical document and no patches. */
export function edit(doc: GraphDoc, recipe: (draft: Draft<GraphDoc>) => void): Change {
  const [next, patches, inverse] = produceWithPatches(doc, (draft) => void recipe(draft))
  return patches.length === 0 ? { doc, patches: [], inverse: [] } : { doc: next, patches, inverse }
}

export function applyChange(doc: GraphDoc, patches: readonly Patch[]): GraphDoc {
  return freeze(applyPatches(doc, patches as Patch[]), true)
}

/** Ids in the patch paths; a patch of a whole record touches every id that it had or has. */
export function touchedBy(patches: readonly Patch[], before: GraphDoc, after: GraphDoc): Touched {
  const touched = { nodes: new Set<string>(), edges: new Set<string>(), assets: new Set<string>() }
  let document = false
  let meaning = false
  const all = (part: 'nodes' | 'edges' | 'assets'): void => {
    for (const id of [...Object.keys(before[part]), ...Object.keys(after[part])]) touched[part].add(id)
  }
  for (const { path } of patches) {
    const [part, id, field] = path
    if (part === 'nodes' || part === 'edges' || part === 'assets') {
      if (id === undefined) all(part)
      else touched[part].add(String(id))
      if (!(part === 'nodes' && (field === 'position' || field === 'title'))) meaning = true
    } else {
      document = true
      if (part === undefined) {
        all('nodes')
        all('edges')
        all('assets')
        meaning = true
      }
    }
  }
  return { ...touched, document, meaning }
}
