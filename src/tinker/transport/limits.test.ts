/** Slots, byte budget and the pacing of sampling submissions. */
import { describe, expect, test } from 'vitest'
import { onAbort, sleep } from './abort.ts'
import { ByteBudget, Slots } from './limits.ts'
import { SampleDispatch } from './sampleDispatch.ts'
import { vectorsOf } from '../testing/vectors.ts'

const never = new AbortController().signal

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

describe('slots', () => {
  test('admit in order of arrival and pass over those who gave up', async () => {
    const slots = new Slots(1)
    const order: string[] = []
    await slots.acquire(never)
    const stop = new AbortController()
    const join = (name: string, signal: AbortSignal): void =>
      void slots.acquire(signal).then((granted) => order.push(`${name} ${granted}`))
    join('a', never)
    join('b', stop.signal)
    join('c', never)
    stop.abort()
    await settled()
    slots.release()
    await settled()
    slots.release()
    await settled()
    expect(order).toEqual(['b false', 'a true', 'c true'])
    slots.release()
    expect(await slots.acquire(never)).toBe(true)
    expect(slots.waiting).toBe(0)
  })
})

test('the byte budget lets one overdraw and holds the next until the balance is whole again', async () => {
  const [vector] = vectorsOf<unknown, string[]>('bytes_semaphore')
  const budget = new ByteBudget(100)
  const log: string[] = []
  await budget.acquire(60, never)
  log.push(`A in, left ${budget.left}`)
  await budget.acquire(1000, never)
  log.push(`B in, left ${budget.left}`)
  const c = budget.acquire(1, never).then(() => log.push(`C in, left ${budget.left}`))
  await settled()
  log.push('C is waiting')
  budget.release(60)
  log.push(`A out, left ${budget.left}`)
  await settled()
  log.push('C still waiting')
  budget.release(1000)
  log.push(`B out, left ${budget.left}`)
  await c
  budget.release(1)
  log.push(`C out, left ${budget.left}`)
  expect(log).toEqual(vector!.expected)
})

describe('pacing of submissions', () => {
  const dispatch = (): SampleDispatch =>
    new SampleDispatch({ inFlight: 10, dispatchBytes: 1000, pauseMs: [1000, 5000] })

  test('is slow from a refusal until ten seconds after its pause', () => {
    const vector = vectorsOf<{ now: number; until: number | null }[], boolean[]>('sample_dispatch').find((v) =>
      v.name.includes('throttled'),
    )!
    const seen = vector.input.map(({ now, until }) => {
      const paced = dispatch()
      // A pause of one second that ends at `until`.
      if (until !== null) paced.pause(0, 0, until * 1000 - 1000)
      return paced.isThrottled(now * 1000)
    })
    expect(seen).toEqual(vector.expected)
  })

  test('pauses longer for large prompts, and as long as the server says', () => {
    const [vector] = vectorsOf<{ estimated_bytes: number }[], { pause_s: number }[]>('retry_after').filter((v) =>
      v.name.includes('sample submission'),
    )
    vector!.input.forEach(({ estimated_bytes: bytes }, i) => {
      const paced = dispatch()
      paced.pause(bytes, 0, 0)
      const ends = vector!.expected[i]!.pause_s * 1000 + 10_000
      expect([paced.isThrottled(ends - 1), paced.isThrottled(ends)]).toEqual([true, false])
    })
    const asked = dispatch()
    asked.pause(1, 7000, 0)
    expect(asked.isThrottled(16_999)).toBe(true)
  })

  test.each([
    ['no refusal lately: four hundred', false, 400],
    ['a refusal a moment ago: ten', true, 10],
  ])('lets so many submissions wait for their answer after %s', async (_when, refused, limit) => {
    const paced = new SampleDispatch({ inFlight: 2000, dispatchBytes: 10_485_760, pauseMs: [1, 1] })
    if (refused) paced.pause(0, 0, Date.now() - 1000)
    const answers: (() => void)[] = []
    let most = 0
    let unanswered = 0
    const submissions = Array.from({ length: 1000 }, () =>
      paced.submit(100, never, async () => {
        most = Math.max(most, ++unanswered)
        await new Promise<void>((resolve) => answers.push(resolve))
        unanswered--
      }),
    )
    for (let answered = 0; answered < 1000;) {
      await settled()
      for (const answer of answers.splice(0)) {
        answer()
        answered++
      }
    }
    await Promise.all(submissions)
    expect(most).toBe(limit)
  })

  test('gives every slot back when a submission is given up in line', async () => {
    const paced = dispatch()
    const stop = new AbortController()
    let release!: () => void
    const first = paced.submit(5000, never, () => new Promise<string>((resolve) => (release = () => resolve('sent'))))
    await settled()
    const second = paced.submit(1, stop.signal, () => Promise.resolve('sent'))
    await settled()
    stop.abort()
    expect(await second).toBeUndefined()
    release()
    expect(await first).toBe('sent')
    expect(await paced.submit(1, never, () => Promise.resolve('sent'))).toBe('sent')
  })
})

describe('abort signals', () => {
  test('keep no listener when the last follower has left, however many there were', () => {
    const { signal } = new AbortController()
    const counts = { added: 0, removed: 0 }
    const { addEventListener, removeEventListener } = AbortSignal.prototype
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      counts.added++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      counts.removed++
      removeEventListener.apply(signal, args)
    }
    const releases = Array.from({ length: 100 }, () => onAbort(signal, () => undefined))
    releases.forEach((release) => release())
    expect(counts).toEqual({ added: 1, removed: 1 })
  })

  test('end a wait at once', async () => {
    const stop = new AbortController()
    const waiting = sleep(60_000, stop.signal)
    stop.abort()
    expect(await waiting).toBe(false)
    expect(await sleep(60_000, stop.signal)).toBe(false)
    expect(await sleep(1, never)).toBe(true)
  })
})
