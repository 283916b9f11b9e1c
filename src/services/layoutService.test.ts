import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import type { LayoutRequest } from './layoutService.ts'
import { createLayoutService } from './layoutService.ts'

/** ELK's own stand-in for a worker, which computes in the calling thread. */
const { Worker: ElkWorker } = createRequire(import.meta.url)('elkjs/lib/elk-worker.min.js') as {
  Worker: new () => Worker
}

function node(id: string): LayoutRequest['nodes'][number] {
  const ports = [
    { key: 'in', direction: 'in' as const, y: 56 },
    { key: 'out', direction: 'out' as const, y: 56 },
  ]
  return { id, width: 240, height: 120, ports }
}

function edge(from: string, to: string, port = 'out'): LayoutRequest['edges'][number] {
  return { id: `${from}-${to}`, from: { node: from, port }, to: { node: to, port: 'in' } }
}

const chain: LayoutRequest = {
  nodes: [node('c'), node('a'), node('b'), node('d')],
  edges: [edge('a', 'b'), edge('b', 'c'), edge('a', 'd')],
}

/** A worker that never answers; counts how often it was ended. */
function silent(): { spawn: () => Worker; ended: () => number } {
  let ended = 0
  const worker = { postMessage: () => undefined, terminate: () => void ended++, onmessage: null }
  return { spawn: () => worker as unknown as Worker, ended: () => ended }
}

describe('the layout', () => {
  test('puts every node right of those it depends on, and none on another', async () => {
    const service = createLayoutService({ spawn: () => new ElkWorker() })
    const places = (await service.layout(chain))!
    expect(service.problem()).toBeNull()
    expect([...places.keys()].sort()).toEqual(['a', 'b', 'c', 'd'])
    const x = (id: string): number => places.get(id)!.x
    expect(x('b')).toBeGreaterThanOrEqual(x('a') + 240)
    expect(x('c')).toBeGreaterThanOrEqual(x('b') + 240)
    const [b, d] = [places.get('b')!, places.get('d')!]
    expect(b.x !== d.x || Math.abs(b.y - d.y) >= 120).toBe(true)
  })

  test('is the same for the same drawing', async () => {
    const once = await createLayoutService({ spawn: () => new ElkWorker() }).layout(chain)
    const again = await createLayoutService({ spawn: () => new ElkWorker() }).layout(chain)
    expect([...again!]).toEqual([...once!])
  })

  test('leaves out wires to ports that a card does not have', async () => {
    const service = createLayoutService({ spawn: () => new ElkWorker() })
    const places = await service.layout({ ...chain, edges: [edge('a', 'b', 'gone'), edge('a', 'nobody')] })
    expect(places?.size).toBe(4)
  })

  test('that takes too long is given up, with its worker', async () => {
    const { spawn, ended } = silent()
    const service = createLayoutService({ spawn, deadlineMs: 20 })
    expect(await service.layout(chain)).toBeNull()
    expect([service.problem()?.code, ended()]).toEqual(['SV0003', 1])
  })

  test('gives way to a newer request', async () => {
    const workers = [silent().spawn(), new ElkWorker()]
    const service = createLayoutService({ spawn: () => workers.shift()! })
    const first = service.layout(chain)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const second = service.layout(chain)
    expect([await first, (await second)?.size]).toEqual([null, 4])
    expect(service.problem()).toBeNull()
  })

  test('can be cancelled', async () => {
    const { spawn, ended } = silent()
    const service = createLayoutService({ spawn })
    const asked = service.layout(chain)
    await new Promise((resolve) => setTimeout(resolve, 10))
    service.cancel()
    expect([await asked, ended(), service.problem()]).toEqual([null, 1, null])
  })

  test('without a worker is a diagnostic', async () => {
    const spawn = (): Worker => {
      throw new DOMException('blocked by the content security policy', 'SecurityError')
    }
    const service = createLayoutService({ spawn })
    expect(await service.layout(chain)).toBeNull()
    expect(service.problem()).toMatchObject({ code: 'SV0004', message: expect.stringContaining('security policy') })
  })
})
