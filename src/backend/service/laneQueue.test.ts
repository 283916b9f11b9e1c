import { describe, expect, test } from 'vitest'
import { LaneQueue } from './laneQueue.ts'

/** Jobs that end when told to, with a record of the order in which they began. */
function scene(budget: number, perLane: number) {
  const queue = new LaneQueue({ budget, perLane })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const add = (lane: string, name: string, order = 0, cost = 1): Promise<void> =>
    queue.add(lane, order, cost, () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.set(name, resolve))
    })
  const end = async (name: string): Promise<void> => {
    ends.get(name)!()
    await Promise.resolve()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { queue, begun, add, end }
}

describe('the queue', () => {
  test('serves models in turn, so that a long queue does not starve a short one', async () => {
    const { begun, add, end } = scene(1, 1)
    for (const name of ['a1', 'a2', 'a3']) void add('a', name)
    for (const name of ['b1', 'b2']) void add('b', name)
    for (const name of ['a1', 'b1', 'a2', 'b2']) await end(name)
    expect(begun).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  test('runs the operations of one model by their number, one at a time', async () => {
    const { begun, add, end } = scene(4, 1)
    void add('a', 'first', 1)
    void add('a', 'nine', 9)
    void add('a', 'two', 2)
    void add('a', 'again two', 2)
    expect(begun).toEqual(['first'])
    for (const name of ['first', 'two', 'again two']) await end(name)
    expect(begun).toEqual(['first', 'two', 'again two', 'nine'])
  })

  test('runs as many at once as the budget allows, and a dear job alone', async () => {
    const { begun, add, end } = scene(10, 10)
    void add('a', 'six', 0, 6)
    void add('b', 'four', 0, 4)
    void add('c', 'hundred', 0, 100)
    void add('d', 'one', 0, 1)
    expect(begun).toEqual(['six', 'four'])
    await end('six')
    expect(begun).toEqual(['six', 'four'])
    await end('four')
    expect(begun).toEqual(['six', 'four', 'hundred'])
    await end('hundred')
    expect(begun).toEqual(['six', 'four', 'hundred', 'one'])
  })

  test('keeps room for others beside a lane that has more than its share', async () => {
    const { begun, add, end } = scene(10, 6)
    for (const name of ['a1', 'a2', 'a3', 'a4']) void add('a', name, 0, 3)
    void add('b', 'b1', 0, 3)
    expect(begun).toEqual(['a1', 'a2', 'b1'])
    await end('a1')
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3'])
  })

  test('goes on after a failure, which its caller hears of', async () => {
    const queue = new LaneQueue({ budget: 1, perLane: 1 })
    const failed = queue.add('a', 0, 1, () => Promise.reject(new Error('no')))
    const after = queue.add('a', 0, 1, () => Promise.resolve('yes'))
    await expect(failed).rejects.toThrow('no')
    await expect(after).resolves.toBe('yes')
    expect(queue.size('a')).toBe(0)
  })
})
