/** What the compiler says of the document, kept up to date on idle and indexed by place. Never stored with the document. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import { groupOf, pathUp } from '../graph/nested.ts'
import type { Plan, StageEstimate } from '../ir/pipelineConfig.ts'
import type { CompileResult } from '../services/compileService.ts'
import type { DocStore } from './doc.ts'

export type CompileDoc = (doc: GraphDoc) => CompileResult

/** Quiet time before a compile: short enough to feel live, long enough to skip the middle of a word. */
export const COMPILE_DELAY_MS = 120

export type ProblemsState = {
  diagnostics: readonly Diagnostic[]
  plan: Plan | null
  /** The plan waits for facts: rows that are being read, models of a backend that is being asked. */
  pending: boolean
  /** Of every stage that could be made, also while others have errors; by stage id. */
  estimates: { readonly [stage: string]: StageEstimate }
  errors: number
  warnings: number
  /** The document's version that this is about. */
  docVersion: number
}

export type Problems = {
  readonly state: ProblemsState
  /** Problems of the node itself, its ports, its fields and its wires. Same array while nothing changed. */
  ofNode(id: string): readonly Diagnostic[]
  ofEdge(id: string): readonly Diagnostic[]
  subscribeNode(id: string, listener: () => void): () => void
  /** Called after every compile. */
  subscribe(listener: () => void): () => void
  /** Compiles now if the document changed since, e.g. before a run. */
  flush(): CompileResult
  /** Facts that the compiler looks at changed: compile again on idle. */
  invalidate(): void
}

const NONE: readonly Diagnostic[] = []

export function createProblems(
  doc: DocStore,
  compile: CompileDoc | null,
  later: (task: () => void, ms: number) => () => void,
): Problems {
  const state = proxy<ProblemsState>({
    diagnostics: ref([]),
    plan: null,
    pending: false,
    estimates: ref<ProblemsState['estimates']>({}),
    errors: 0,
    warnings: 0,
    docVersion: -1,
  })
  const all = new Set<() => void>()
  const nodeListeners = new Map<string, Set<() => void>>()
  let byNode = new Map<string, readonly Diagnostic[]>()
  let byEdge = new Map<string, readonly Diagnostic[]>()
  let result: CompileResult = { plan: null, diagnostics: NONE, pending: false, estimates: {}, probes: [] }
  let cancel: (() => void) | null = null

  function run(): void {
    cancel?.()
    cancel = null
    if (!compile) return
    result = compile(doc.whole())
    const before = byNode
    byNode = new Map()
    byEdge = new Map()
    index(result.diagnostics, doc.whole())
    state.diagnostics = ref([...result.diagnostics])
    state.plan = result.plan && ref(result.plan)
    state.pending = result.pending
    state.estimates = ref(result.estimates)
    state.errors = result.diagnostics.filter((d) => d.severity === 'error').length
    state.warnings = result.diagnostics.filter((d) => d.severity === 'warning').length
    state.docVersion = doc.state.docVersion
    for (const id of new Set([...before.keys(), ...byNode.keys()])) {
      const was = before.get(id)
      const is = byNode.get(id)
      if (was && is && sameList(was, is)) byNode.set(id, was)
      else for (const listener of [...(nodeListeners.get(id) ?? [])]) listener()
    }
    for (const listener of [...all]) listener()
  }

  function index(diagnostics: readonly Diagnostic[], current: GraphDoc): void {
    for (const diagnostic of diagnostics) {
      for (const id of nodesOf(diagnostic.at, current)) add(byNode, id, diagnostic)
      if (diagnostic.at.on === 'edge') add(byEdge, diagnostic.at.edge, diagnostic)
      // Inside groups each card on the way says so, too.
      const { inside } = diagnostic
      if (!inside || !('node' in inside)) continue
      for (const id of pathUp(inside.node)) {
        const at: Locus = id === inside.node ? inside : { on: 'node', node: id }
        if (groupOf(id) !== '') add(byNode, id, { ...diagnostic, at })
      }
    }
  }

  const schedule = (): void => {
    cancel?.()
    cancel = later(run, COMPILE_DELAY_MS)
  }
  doc.subscribe((change) => {
    if (change.cause !== 'open' && (change.meaning || change.document || change.nodes.size > 0)) schedule()
  })
  schedule()

  return {
    state,
    ofNode: (id) => byNode.get(id) ?? NONE,
    ofEdge: (id) => byEdge.get(id) ?? NONE,
    subscribeNode(id, listener) {
      const set = nodeListeners.get(id) ?? new Set()
      nodeListeners.set(id, set)
      set.add(listener)
      return () => {
        set.delete(listener)
        if (set.size === 0 && nodeListeners.get(id) === set) nodeListeners.delete(id)
      }
    },
    subscribe(listener) {
      all.add(listener)
      return () => all.delete(listener)
    },
    flush() {
      if (cancel) run()
      return result
    },
    invalidate: schedule,
  }
}

/** Where a person mends it: inside a group, unless its card shows the field. Without a node for what is about a wire. */
export function placeOf({ at, inside }: Diagnostic): { readonly node?: string; readonly field: string | null } {
  const place = inside && at.on !== 'field' ? inside : at
  return { ...('node' in place ? { node: place.node } : {}), field: place.on === 'field' ? place.field : null }
}

/** The node that a person would look at for this place; a wire counts for its input's node. */
export function nodesOf(at: Locus, doc: GraphDoc): readonly string[] {
  switch (at.on) {
    case 'node':
    case 'port':
    case 'field':
      return [at.node]
    case 'edge': {
      const edge = Object.hasOwn(doc.edges, at.edge) ? doc.edges[at.edge] : undefined
      return edge ? [edge.to.node] : []
    }
    case 'stage':
    case 'row':
    case 'document':
      return []
  }
}

function add(map: Map<string, readonly Diagnostic[]>, key: string, diagnostic: Diagnostic): void {
  map.set(key, [...(map.get(key) ?? []), diagnostic])
}

function sameList(a: readonly Diagnostic[], b: readonly Diagnostic[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i] || sameDiagnostic(d, b[i]!))
}

function sameDiagnostic(a: Diagnostic, b: Diagnostic): boolean {
  return (
    a.code === b.code &&
    a.message === b.message &&
    a.severity === b.severity &&
    JSON.stringify([a.at, a.inside]) === JSON.stringify([b.at, b.inside]) &&
    a.fix?.command === b.fix?.command &&
    JSON.stringify(a.fix?.args) === JSON.stringify(b.fix?.args)
  )
}
