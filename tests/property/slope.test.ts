/** Cost of compiling and ordering grows about as the drawing does: the exponent is asserted, not milliseconds. */
import { expect, test } from 'vitest'
import type { DocId, EdgeId, NodeId } from '#src/base/ids.ts'
import { compile } from '#src/compiler/compile.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { EdgeRec, GraphDoc, NodeRec } from '#src/graph/model.ts'
import { newNode } from '#src/kinds/newNode.ts'
import { facts, registry } from '../support/pipeline.ts'

/** A chain of SFT stages with a checkpoint behind each, all on one dataset. */
function chain(trainers: number): GraphDoc {
  const nodes: { [id: string]: NodeRec } = {}
  const edges: { [id: string]: EdgeRec } = {}
  const add = (id: string, kind: string, params = {}): void => {
    nodes[id] = newNode(registry.get(kind)!, id as NodeId, { x: 0, y: 0 }, params)
  }
  const wire = (from: string, port: string, to: string, into: string): void => {
    const id = `${from}-${to}` as EdgeId
    edges[id] = { id, from: { node: from as NodeId, port }, to: { node: to as NodeId, port: into } }
  }
  add('model', 'model')
  add('rows', 'dataset')
  for (let i = 0; i < trainers; i++) {
    add(`sft${i}`, 'train-sft')
    add(`save${i}`, 'checkpoint', { name: `s${i}` })
    wire('rows', 'rows', `sft${i}`, 'dataset')
    if (i === 0) wire('model', 'policy', 'sft0', 'policy')
    else wire(`save${i - 1}`, 'saved', `sft${i}`, 'policy')
    wire(`sft${i}`, 'trained', `save${i}`, 'policy')
  }
  return { ...emptyDoc('d' as DocId), nodes, edges }
}

/** CPU time, because this machine may be busy with something else; the best of three. */
function cost(run: () => void): number {
  const times = [0, 1, 2].map(() => {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    return user + system
  })
  return Math.min(...times)
}

function exponent(sizes: readonly number[], costOf: (size: number) => number): number {
  const points = sizes.map((size) => [Math.log(size), Math.log(costOf(size))] as const)
  const mean = (at: 0 | 1): number => points.reduce((sum, p) => sum + p[at], 0) / points.length
  const [mx, my] = [mean(0), mean(1)]
  const over = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  return over / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}

test('compiling grows about linearly with the drawing', { retry: 2 }, () => {
  expect(compile(chain(3), registry, facts).plan!.stages).toHaveLength(3)
  const slope = exponent([50, 100, 200, 400], (size) => {
    const docs = [chain(size), chain(size), chain(size)]
    return cost(() => void compile(docs.pop()!, registry, facts))
  })
  expect(slope).toBeLessThan(1.5)
})

test('writing and reading a file grows about linearly with the drawing', { retry: 2 }, () => {
  const slope = exponent([50, 100, 200, 400], (size) => {
    const doc = chain(size)
    return cost(() => void parseDoc(serialiseDoc(doc)))
  })
  expect(slope).toBeLessThan(1.5)
})
