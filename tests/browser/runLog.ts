/** The newest run as its log in IndexedDB tells it: what happened, not what is shown. */
import type { Page } from '@playwright/test'

export type Logged = {
  readonly events: readonly { readonly type: string; readonly [field: string]: unknown }[]
  /** `stage series` → points. Wall-clock series are left out: they never repeat. */
  readonly points: { readonly [series: string]: readonly (readonly [number, number])[] }
  readonly results: readonly { readonly label: string; readonly score: number; readonly n: number }[]
}

export async function readNewestRun(page: Page): Promise<Logged> {
  return page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const open = indexedDB.open('tunegraph')
      open.onsuccess = () => resolve(open.result)
      open.onerror = () => reject(open.error as Error)
    })
    const all = <T>(store: string): Promise<T[]> =>
      new Promise((resolve) => {
        const request = db.transaction(store).objectStore(store).getAll()
        request.onsuccess = () => resolve(request.result as T[])
      })
    const runs = await all<{ id: string; startedAt: number }>('runs')
    const newest = runs.sort((a, b) => b.startedAt - a.startedAt)[0]?.id
    type Event = { run: string; seq: number; type: string; result: { label: string; score: number; n: number } }
    const events = (await all<Event>('events')).filter((e) => e.run === newest).sort((a, b) => a.seq - b.seq)
    type Chunk = { run: string; stage: string; series: string; steps: Float64Array; values: Float64Array }
    const points: Record<string, [number, number][]> = {}
    for (const chunk of (await all<Chunk>('metrics')).filter((c) => c.run === newest)) {
      if (/^time\/|per_second/.test(chunk.series)) continue
      const key = `${chunk.stage} ${chunk.series}`
      const list = (points[key] ??= [])
      chunk.steps.forEach((step, i) => list.push([step, chunk.values[i]!]))
    }
    db.close()
    return { events, points, results: events.filter((e) => e.type === 'evaluated').map((e) => e.result) }
  })
}
