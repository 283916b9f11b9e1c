/** Places for cards, worked out by ELK in a worker that is loaded when first needed and ended when nobody waits any more. */
import type { ELK, ElkNode } from 'elkjs/lib/elk-api.js'
import type { Diagnostic } from '../base/diagnostic.ts'
import { diagnose } from './codes.ts'

export type LayoutRequest = {
  readonly nodes: readonly {
    readonly id: string
    readonly width: number
    readonly height: number
    readonly ports: readonly { readonly key: string; readonly direction: 'in' | 'out'; readonly y: number }[]
  }[]
  readonly edges: readonly {
    readonly id: string
    readonly from: { readonly node: string; readonly port: string }
    readonly to: { readonly node: string; readonly port: string }
  }[]
}

/** Upper left corners by node id. */
export type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>

export type LayoutService = {
  /** Null when it failed (`problem` says why), took too long, or was superseded by a newer request or `cancel`. */
  layout(request: LayoutRequest): Promise<Places | null>
  cancel(): void
  /** Why the newest request gave no places; null when it did or was cancelled. */
  problem(): Diagnostic | null
}

export type LayoutOptions = {
  readonly spawn?: () => Worker
  /** A drawing that takes longer is better left as it is. */
  readonly deadlineMs?: number
}

const LAYERED = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': '40',
  'elk.layered.spacing.nodeNodeBetweenLayers': '88',
  'elk.spacing.edgeNode': '24',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.crossingMinimization.semiInteractive': 'true',
  // Unconnected parts one below the other rather than in a square.
  'elk.aspectRatio': '1.6',
}

export function createLayoutService(options: LayoutOptions = {}): LayoutService {
  const { spawn = spawnInPage, deadlineMs = 10_000 } = options
  let elk: ELK | null = null
  let token = 0
  let busy = false
  let end: (reason: 'cancelled' | 'late') => void = () => undefined
  let problem: Diagnostic | null = null

  /** A computation cannot be interrupted, only its worker be ended. */
  function cancel(): void {
    token++
    if (!busy) return
    elk?.terminateWorker()
    elk = null
    busy = false
    end('cancelled')
  }

  async function layout(request: LayoutRequest): Promise<Places | null> {
    cancel()
    const mine = token
    problem = null
    const { default: Elk } = await import('elkjs/lib/elk-api.js')
    if (mine !== token) return null
    busy = true
    const ended = new Promise<'cancelled' | 'late'>((resolve) => {
      end = resolve
    })
    const timer = setTimeout(() => end('late'), deadlineMs)
    try {
      elk ??= new Elk({ workerFactory: spawn })
      const outcome = await Promise.race([elk.layout(graphOf(request)), ended])
      if (outcome === 'late') {
        cancel()
        const seconds = Math.round(deadlineMs / 1000)
        problem = diagnose('SV0003', { on: 'document' }, `The layout took longer than ${seconds} s; nothing was moved.`)
        return null
      }
      if (outcome === 'cancelled' || mine !== token) return null
      busy = false
      return placesOf(outcome)
    } catch (error) {
      if (mine !== token) return null
      cancel()
      const detail = error instanceof Error ? error.message : String(error)
      problem = diagnose(
        'SV0004',
        { on: 'document' },
        `The layout could not be worked out (${detail}); nothing was moved.`,
      )
      return null
    } finally {
      clearTimeout(timer)
    }
  }

  return { layout, cancel, problem: () => problem }
}

function spawnInPage(): Worker {
  return new Worker(new URL('../../worker/layout.worker.ts', import.meta.url), { type: 'module', name: 'layout' })
}

/** Ports stay where the card draws them, so that wires do not cross on their way in. */
export function graphOf({ nodes, edges }: LayoutRequest): ElkNode {
  const port = (node: string, key: string, direction: 'in' | 'out'): string => JSON.stringify([node, key, direction])
  const ports = new Set(nodes.flatMap((n) => n.ports.map((p) => port(n.id, p.key, p.direction))))
  return {
    id: 'root',
    layoutOptions: LAYERED,
    children: nodes.map((node) => ({
      id: node.id,
      width: node.width,
      height: node.height,
      layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
      ports: node.ports.map(({ key, direction, y }) => ({
        id: port(node.id, key, direction),
        x: direction === 'in' ? 0 : node.width,
        y,
        width: 0,
        height: 0,
        layoutOptions: { 'elk.port.side': direction === 'in' ? 'WEST' : 'EAST' },
      })),
    })),
    edges: edges.flatMap(({ id, from, to }) => {
      const source = port(from.node, from.port, 'out')
      const target = port(to.node, to.port, 'in')
      return ports.has(source) && ports.has(target) ? [{ id, sources: [source], targets: [target] }] : []
    }),
  }
}

function placesOf(root: ElkNode): Places {
  return new Map((root.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x: Math.round(x), y: Math.round(y) }]))
}
