import { useStoreApi } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { PortType } from '#src/kinds/contract.ts'
import { onThemeChange } from '../theme/themeChanges.ts'
import { useCanvas } from './CanvasContext.ts'
import type { FlowEdge, FlowNode } from './flowModel.ts'
import { portColor } from './portLook.ts'
import { wirePath } from './wirePath.ts'

const TYPES: readonly PortType[] = ['dataset', 'policy', 'reward', 'scores']

/**
 * All wires on one canvas, for views from so far away that no single wire can be meant: hundreds of elements that would each
 * have to be looked at in every frame are one drawing of a millisecond.
 */
export default function FarWires(): ReactElement {
  const session = useCanvas()
  const store = useStoreApi()
  const canvas = useRef<HTMLCanvasElement>(null)

  useEffect(() => {
    const element = canvas.current!
    let colors = resolveColors(element)
    let asked = 0
    const paint = (): void => {
      asked = 0
      const { transform, width, height } = store.getState()
      draw(element, session.model.nodes(), session.model.edges(), transform, { width, height }, colors)
    }
    const ask = (): void => {
      asked ||= requestAnimationFrame(paint)
    }
    paint()
    const stops = [
      session.model.subscribe(ask),
      store.subscribe(ask),
      onThemeChange(() => {
        colors = resolveColors(element)
        ask()
      }),
    ]
    return () => {
      cancelAnimationFrame(asked)
      stops.forEach((stop) => stop())
    }
  }, [session, store])

  return <canvas ref={canvas} aria-hidden className="pointer-events-none absolute inset-0 z-1" />
}

function draw(
  canvas: HTMLCanvasElement,
  nodes: readonly FlowNode[],
  edges: readonly FlowEdge[],
  [tx, ty, zoom]: readonly [number, number, number],
  size: { readonly width: number; readonly height: number },
  colors: ReadonlyMap<PortType, string>,
): void {
  const ratio = Math.min(2, devicePixelRatio || 1)
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
    canvas.style.width = `${size.width}px`
    canvas.style.height = `${size.height}px`
  }
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, size.width, size.height)
  context.lineWidth = 1
  context.globalAlpha = 0.8
  const byId = new Map(nodes.map((node) => [node.id, node]))
  for (const type of TYPES) {
    const back: FlowEdge[] = []
    context.beginPath()
    for (const edge of edges) {
      if (edge.data?.type !== type) continue
      const from = byId.get(edge.source)
      const to = byId.get(edge.target)
      if (!from || !to) continue
      const x1 = (from.position.x + (from.width ?? 0)) * zoom + tx
      const y1 = (from.position.y + (edge.data.source?.above ?? 0)) * zoom + ty
      const x2 = to.position.x * zoom + tx
      const y2 = (to.position.y + (edge.data.target?.above ?? 0)) * zoom + ty
      if (Math.max(x1, x2) < -50 || Math.min(x1, x2) > size.width + 50) continue
      if (Math.max(y1, y2) < -50 || Math.min(y1, y2) > size.height + 50) continue
      if (x2 < x1) {
        back.push(edge)
        continue
      }
      const bend = Math.max(12, Math.abs(x2 - x1) / 2)
      context.moveTo(x1, y1)
      context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2)
    }
    context.strokeStyle = colors.get(type)!
    context.stroke()
    for (const edge of back) strokeBack(context, edge, byId, { tx, ty, zoom })
  }
}

/** A wire that goes back takes the course that it has from near. */
function strokeBack(
  context: CanvasRenderingContext2D,
  edge: FlowEdge,
  byId: ReadonlyMap<string, FlowNode>,
  { tx, ty, zoom }: { readonly tx: number; readonly ty: number; readonly zoom: number },
): void {
  const from = byId.get(edge.source)!
  const to = byId.get(edge.target)!
  const card = (node: FlowNode): { top: number; bottom: number } => ({
    top: node.position.y,
    bottom: node.position.y + (node.height ?? 0),
  })
  const { path } = wirePath({
    source: { x: from.position.x + (from.width ?? 0), y: from.position.y + (edge.data?.source?.above ?? 0) },
    target: { x: to.position.x, y: to.position.y + (edge.data?.target?.above ?? 0) },
    sourceCard: card(from),
    targetCard: card(to),
  })
  context.save()
  context.translate(tx, ty)
  context.scale(zoom, zoom)
  context.lineWidth = 1 / zoom
  context.stroke(new Path2D(path))
  context.restore()
}

/** Tokens as colours that a canvas understands. */
function resolveColors(element: HTMLElement): ReadonlyMap<PortType, string> {
  const before = element.style.color
  const colors = new Map(
    TYPES.map((type) => {
      element.style.color = portColor(type)
      return [type, getComputedStyle(element).color] as const
    }),
  )
  element.style.color = before
  return colors
}
