/**
 * What is measured, in a process of its own that nothing has warmed: `node measured.js ROOT TASK` writes one line of JSON.
 * Milliseconds are the smaller of wall-clock time and processor time. Both bound from above what a person waits on an idle
 * machine: the clock also counts what other programs do meanwhile, the processor also the collector's helping threads.
 * Beside a neighbour that takes cache and memory everything takes longer. So before and after each compile a drawing is
 * written as JSON and read again: the same work each time, over records as a compile has them. It tells how fast the
 * machine is at that moment, and what a compile costs on any machine: so many times that.
 */
import { registryFacts } from './facts.ts'
import { largeDrawing, sweepDrawing } from './drawings.ts'
import { compile, createCompiler, resultBytes } from '#src/compiler/compile.ts'
import type { NodeId } from '#src/base/ids.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { setParam } from '#src/graph/ops.ts'
import { downstream } from '#src/graph/query.ts'

export type Times = {
  /** The first compile of the process. */
  readonly first: number
  /** Those after `warm` more, which are not counted. */
  readonly rounds: readonly Round[]
  readonly warm: number
}
export type Round = {
  readonly ms: number
  /** Milliseconds for writing and reading a drawing as JSON, before and after it on average. */
  readonly json: number
}
export type WholeRun = Times & { readonly errors: number }
export type SweepRun = Times & { readonly stages: number }
export type EditRun = Times & {
  /** Nodes that were lowered though no edit reached them, and edits whose bytes differ from those of a whole compile. */
  readonly beyond: number
  readonly differing: number
}

const ROUNDS: { readonly [size: string]: { readonly warm: number; readonly counted: number } } = {
  200: { warm: 60, counted: 100 },
  1000: { warm: 20, counted: 60 },
  10_000: { warm: 5, counted: 40 },
}
const EDITS = { warm: 60, counted: 200 }
const SWEEPS = { warm: 20, counted: 40 }
const TRIALS = 500

const [root = '.', task = ''] = process.argv.slice(2)
const { registry, facts } = registryFacts(root)
process.stdout.write(`${JSON.stringify(run(task))}\n`)

function run(name: string): WholeRun | SweepRun | EditRun {
  if (name === 'edit') return edits()
  if (name === 'sweep') {
    const taken = timesOf(SWEEPS, () => frozen(sweepDrawing(registry, TRIALS)))
    return { ...taken, stages: compile(sweepDrawing(registry, TRIALS), registry, facts).plan?.stages.length ?? 0 }
  }
  const taken = timesOf(ROUNDS[name]!, () => frozen(largeDrawing(registry, Number(name))))
  const { plan, diagnostics } = compile(largeDrawing(registry, Number(name)), registry, facts)
  return { ...taken, errors: plan ? 0 : diagnostics.length }
}

/** Drawings are new each time, so nothing remembers an earlier one; making them does not count. */
function timesOf({ warm, counted }: { warm: number; counted: number }, drawing: () => GraphDoc): Times {
  const json = timeOfJson(drawing())
  const round = (): Round => timed(drawing, (doc) => void compile(doc, registry, facts), json)
  const first = round().ms
  for (let i = 0; i < warm; i++) round()
  return { first, warm, rounds: Array.from({ length: counted }, round) }
}

function edits(): EditRun {
  const compiler = createCompiler(registry)
  let doc = frozen(largeDrawing(registry, 1000))
  const compiled = (drawn: GraphDoc): void => void compiler.compile(drawn, facts)
  const json = timeOfJson(largeDrawing(registry, 200))
  const first = timed(() => doc, compiled, json).ms
  const trainers = Object.keys(doc.nodes).filter((id) => doc.nodes[id]!.kind === 'train-sft')
  let beyond = 0
  let differing = 0
  let i = 0
  const round = (): Round => {
    const node = trainers[(i * 37) % trainers.length]! as NodeId
    const edited = (): GraphDoc => edit(doc, (draft) => void setParam(draft, node, 'learningRate', 1e-4 + i * 1e-6)).doc
    const taken = timed(() => (doc = edited()), compiled, json)
    beyond += Math.max(0, compiler.lowered - (downstream(doc, node).size + 1))
    if (i++ % 20 === 0) {
      const bytes = resultBytes(compile(structuredClone(doc), registry, facts))
      if (resultBytes(compiler.compile(doc, facts)) !== bytes) differing++
    }
    return taken
  }
  for (let at = 0; at < EDITS.warm; at++) round()
  const rounds = Array.from({ length: EDITS.counted }, round)
  return { first, warm: EDITS.warm, rounds, beyond, differing }
}

/** As the editor's documents are. */
function frozen(doc: GraphDoc): GraphDoc {
  return edit({ ...doc, title: '' }, (draft) => void (draft.title = doc.title)).doc
}

/** Making the drawing does not count. */
function timed(drawing: () => GraphDoc, work: (doc: GraphDoc) => void, json: () => number): Round {
  const doc = drawing()
  const earlier = json()
  const before = process.cpuUsage()
  const start = performance.now()
  work(doc)
  const waited = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { ms: Math.min(waited, (user + system) / 1000), json: (earlier + json()) / 2 }
}

function timeOfJson(doc: GraphDoc): () => number {
  return () => {
    const start = performance.now()
    JSON.parse(JSON.stringify(doc))
    return performance.now() - start
  }
}
