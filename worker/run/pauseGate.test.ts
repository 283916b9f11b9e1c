import { describe, expect, test } from 'vitest'
import type { RunEventBody } from '#src/ir/runEvent.ts'
import { createPauseGate } from './pauseGate.ts'

function rig(): { gate: ReturnType<typeof createPauseGate>; events: string[]; abort: () => void } {
  const events: string[] = []
  const controller = new AbortController()
  const emit = (event: RunEventBody): Promise<void> => Promise.resolve(void events.push(event.type))
  return { gate: createPauseGate({ emit }, controller.signal), events, abort: () => controller.abort() }
}

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let done = false
  void promise.then(() => (done = true))
  await new Promise((resolve) => setTimeout(resolve, 5))
  return done
}

describe('the pause gate', () => {
  test('is open within a few turns while nobody wants a pause, as the loops expect', async () => {
    const { gate } = rig()
    let open = false
    void gate.boundary().then(() => (open = true))
    await Promise.resolve()
    expect(open).toBe(true)
  })

  test('closes at the next boundary and says so once, however many wait', async () => {
    const { gate, events } = rig()
    gate.pause()
    const waiting = [gate.boundary(), gate.boundary()]
    expect(await settled(waiting[0]!)).toBe(false)
    expect(events).toEqual(['runPaused'])
    await gate.continue()
    expect(await Promise.all(waiting.map(settled))).toEqual([true, true])
    expect(events).toEqual(['runPaused', 'runContinued'])
  })

  test('says nothing when the pause was taken back before a boundary', async () => {
    const { gate, events } = rig()
    gate.pause()
    await gate.continue()
    expect(await settled(gate.boundary())).toBe(true)
    expect(events).toEqual([])
  })

  test('opens when the run is stopped, and stays open', async () => {
    const { gate, events, abort } = rig()
    gate.pause()
    const waiting = gate.boundary()
    await settled(waiting)
    abort()
    gate.pause()
    expect([await settled(waiting), await settled(gate.boundary())]).toEqual([true, true])
    expect(events).toEqual(['runPaused'])
  })
})
