import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import type { CanvasSession } from './session.ts'
import type { WireState } from './gestures/wireGesture.ts'

export const CanvasContext = createContext<CanvasSession | null>(null)

export function useCanvas(): CanvasSession {
  const session = useContext(CanvasContext)
  if (!session) throw new Error('this component is not on a canvas')
  return session
}

export function useWireState(): WireState {
  const session = useCanvas()
  return useSyncExternalStore(session.subscribeWire, session.wire)
}

/** Anchor of the wire being pulled; the same object while it is pulled, so that cards render at its start and end only. */
export function useWireAnchor(): Extract<WireState, { phase: 'pulling' }>['anchor'] | null {
  const session = useCanvas()
  const read = useCallback(() => {
    const state = session.wire()
    return state.phase === 'pulling' ? state.anchor : null
  }, [session])
  return useSyncExternalStore(session.subscribeWire, read)
}
