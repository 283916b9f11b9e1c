import { useStoreApi } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import type { PointerEvent, ReactElement } from 'react'
import { onThemeChange } from '../theme/themeChanges.ts'
import { useCanvas } from './CanvasContext.ts'
import type { FlowNode } from './flowModel.ts'

const WIDTH = 184
const HEIGHT = 120
const PADDING = 8

type Frame = { readonly x: number; readonly y: number; readonly scale: number }

/** The whole graph in a corner, drawn by hand: one canvas, however many nodes there are. Dragging in it moves the view. */
export default function Minimap(): ReactElement {
  const session = useCanvas()
  const store = useStoreApi()
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useRef<Frame>({ x: 0, y: 0, scale: 1 })

  useEffect(() => {
    let asked = 0
    const paint = (): void => {
      asked = 0
      if (!canvas.current) return
      const { transform, width, height } = store.getState()
      const [tx, ty, zoom] = transform
      const view = { x: -tx / zoom, y: -ty / zoom, width: width / zoom, height: height / zoom }
      frame.current = draw(canvas.current, session.model.nodes(), view)
    }
    const ask = (): void => {
      asked ||= requestAnimationFrame(paint)
    }
    ask()
    const stops = [session.model.subscribe(ask), store.subscribe(ask), onThemeChange(ask)]
    return () => {
      cancelAnimationFrame(asked)
      stops.forEach((stop) => stop())
    }
  }, [session, store])

  function onPointer(event: PointerEvent<HTMLCanvasElement>): void {
    if (event.buttons !== 1) return
    const box = event.currentTarget.getBoundingClientRect()
    const { x, y, scale } = frame.current
    const at = { x: x + (event.clientX - box.left) / scale, y: y + (event.clientY - box.top) / scale }
    void session.flow()?.setCenter(at.x, at.y, { zoom: session.flow()!.getZoom() })
  }

  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label="Map of the graph"
      width={WIDTH * 2}
      height={HEIGHT * 2}
      className="absolute right-3 bottom-6 z-10 cursor-crosshair rounded-lg border border-line bg-raised shadow-raised"
      style={{ width: WIDTH, height: HEIGHT }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        onPointer(event)
      }}
      onPointerMove={onPointer}
    />
  )
}

function draw(
  canvas: HTMLCanvasElement,
  nodes: readonly FlowNode[],
  view: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Frame {
  const context = canvas.getContext('2d')
  let [left, top] = [view.x, view.y]
  let [right, bottom] = [view.x + view.width, view.y + view.height]
  for (const node of nodes) {
    left = Math.min(left, node.position.x)
    top = Math.min(top, node.position.y)
    right = Math.max(right, node.position.x + (node.width ?? 0))
    bottom = Math.max(bottom, node.position.y + (node.height ?? 0))
  }
  const scale = Math.min((WIDTH - 2 * PADDING) / (right - left), (HEIGHT - 2 * PADDING) / (bottom - top))
  const x = (left + right - WIDTH / scale) / 2
  const y = (top + bottom - HEIGHT / scale) / 2
  if (!context) return { x, y, scale }
  const style = getComputedStyle(canvas)
  const ratio = canvas.width / WIDTH
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, WIDTH, HEIGHT)
  context.fillStyle = style.color
  for (const node of nodes) {
    context.globalAlpha = node.selected ? 0.9 : 0.35
    context.fillRect(
      (node.position.x - x) * scale,
      (node.position.y - y) * scale,
      Math.max(2, (node.width ?? 0) * scale),
      Math.max(2, (node.height ?? 0) * scale),
    )
  }
  context.globalAlpha = 1
  context.lineWidth = 1.25
  context.strokeStyle = style.color
  context.strokeRect((view.x - x) * scale, (view.y - y) * scale, view.width * scale, view.height * scale)
  return { x, y, scale }
}
