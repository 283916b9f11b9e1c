/** Web Locks for Node, which has none before 24: one manager per test stands for one browser profile. */
import type { Locks } from '../runLocks.ts'

type Held = { readonly name: string; readonly end: (stolen: boolean) => void }
type Waiting = { readonly name: string; readonly grant: () => void }

export function testLocks(): Locks {
  const held = new Map<string, Held>()
  let waiting: Waiting[] = []

  function next(name: string): void {
    const first = waiting.find((w) => w.name === name)
    if (!first) return
    waiting = waiting.filter((w) => w !== first)
    first.grant()
  }

  async function hold(name: string, callback: LockGrantedCallback<unknown>): Promise<unknown> {
    let end: Held['end'] = () => undefined
    const stolen = new Promise<never>((_resolve, reject) => {
      end = (taken) => taken && reject(new DOMException('the lock was stolen', 'AbortError'))
    })
    stolen.catch(() => undefined)
    const mine: Held = { name, end }
    held.set(name, mine)
    try {
      return await Promise.race([callback({ name, mode: 'exclusive' }), stolen])
    } finally {
      if (held.get(name) === mine) {
        held.delete(name)
        next(name)
      }
    }
  }

  function request(
    name: string,
    ...rest: [LockGrantedCallback<unknown>] | [LockOptions, LockGrantedCallback<unknown>]
  ) {
    const options = rest.length === 2 ? rest[0] : {}
    const callback = rest.length === 2 ? rest[1] : rest[0]
    const current = held.get(name)
    if (!current) return hold(name, callback)
    if (options.ifAvailable) return Promise.resolve(callback(null))
    if (options.steal) {
      held.delete(name)
      current.end(true)
      return hold(name, callback)
    }
    return new Promise((resolve, reject) => {
      const entry: Waiting = { name, grant: () => hold(name, callback).then(resolve, reject) }
      waiting.push(entry)
      options.signal?.addEventListener('abort', () => {
        waiting = waiting.filter((w) => w !== entry)
        reject(options.signal?.reason instanceof Error ? options.signal.reason : new DOMException('', 'AbortError'))
      })
    })
  }

  return {
    request: request as Locks['request'],
    query: () =>
      Promise.resolve({
        held: [...held.keys()].map((name) => ({ name, mode: 'exclusive' as const, clientId: '' })),
        pending: waiting.map(({ name }) => ({ name, mode: 'exclusive' as const, clientId: '' })),
      }),
  }
}
