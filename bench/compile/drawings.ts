/** Large drawings for the bench: lessons of a dataset, trainers in chains with checkpoints, and evaluations between them. */
import type { DocId, EdgeId, NodeId } from '#src/base/ids.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { EdgeRec, GraphDoc, NodeRec, Params } from '#src/graph/model.ts'
import { newNode } from '#src/kinds/newNode.ts'
import type { Registry } from '#src/kinds/registry.ts'

/** Trainers of one chain; chains stand beside one another, as people draw them. */
const CHAIN = 8

/** About `size` nodes: chains of SFT and RL stages on shared rows, each with a checkpoint, each chain with an evaluation. */
export function largeDrawing(registry: Registry, size: number): GraphDoc {
  const nodes: { [id: string]: NodeRec } = {}
  const edges: { [id: string]: EdgeRec } = {}
  let count = 0
  const add = (id: string, kind: string, params: Params = {}): void => {
    count++
    nodes[id] = newNode(registry.get(kind)!, id as NodeId, { x: 0, y: 0 }, params)
  }
  const wire = (from: string, port: string, to: string, into: string): void => {
    const id = `${from}-${port}-${to}-${into}` as EdgeId
    edges[id] = { id, from: { node: from as NodeId, port }, to: { node: to as NodeId, port: into } }
  }
  add('model', 'model')
  add('rows', 'dataset', { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 40 })
  add('test', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } })
  add('prompts', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' } })
  add('exact', 'reward')
  // A chain needs an evaluation, a trainer and its checkpoint: what is left over stays empty.
  for (let chain = 0; count + 3 <= size; chain++) {
    let before = 'model.policy'
    const evaluation = `eval${chain}`
    add(evaluation, 'evaluate')
    wire('test', 'rows', evaluation, 'dataset')
    wire('exact', 'reward', evaluation, 'reward')
    for (let i = 0; i < CHAIN && count < size - 1; i++) {
      const [trainer, save] = [`t${chain}_${i}`, `s${chain}_${i}`]
      const rl = i === CHAIN - 1
      add(trainer, rl ? 'train-rl' : 'train-sft')
      add(save, 'checkpoint', { name: `s${i}` })
      const [from = '', port = ''] = before.split('.')
      wire(from, port, trainer, 'policy')
      wire(rl ? 'prompts' : 'rows', 'rows', trainer, 'dataset')
      if (rl) wire('exact', 'reward', trainer, 'reward')
      else wire('rows', 'heldout', trainer, 'heldout')
      wire(trainer, 'trained', save, 'policy')
      wire(save, 'saved', evaluation, 'policies')
      before = `${save}.saved`
    }
  }
  return { ...emptyDoc('d' as DocId), nodes, edges }
}

/** One trainer in `trials` trials, and one evaluation of all of them. */
export function sweepDrawing(registry: Registry, trials: number): GraphDoc {
  const base = largeDrawing(registry, 8)
  const trainer = base.nodes['t0_0']!
  const sweep = newNode(registry.get('sweep')!, 'sweep' as NodeId, { x: 0, y: 0 }, { strategy: 'random', trials })
  const lr = newNode(registry.get('parameter')!, 'lr' as NodeId, { x: 0, y: 0 })
  const over = { over: 'lr: 1e-5..1e-2 log' }
  const nodes = {
    ...base.nodes,
    t0_0: { ...trainer, bindings: { learningRate: 'lr' } },
    lr,
    sweep: { ...sweep, params: { ...sweep.params, ...over } },
  }
  return { ...base, nodes }
}
