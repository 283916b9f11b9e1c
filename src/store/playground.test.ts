import { describe, expect, test } from 'vitest'
import { countingIds } from '../base/ids.ts'
import type { ChatAnswer, ChatRequest, RunService } from '../services/runService.ts'
import { createPlayground } from './playground.ts'

const base = { path: null, label: 'Base', model: 'tunegraph/tiny-1m', renderer: 'tunegraph' }
const tuned = { ...base, path: 'tinker://r/sampler_weights/final', label: 'SFT' }

/** A host whose answers the test gives by hand. */
function manualHost(): {
  service: RunService
  asked: ChatRequest[]
  cancelled: string[]
  reply(index: number, content: string): void
} {
  const asked: ChatRequest[] = []
  const cancelled: string[] = []
  const replies: ((answer: ChatAnswer) => void)[] = []
  const host = {
    chat: (request: ChatRequest) => {
      asked.push(request)
      return new Promise<ChatAnswer>((resolve) => replies.push(resolve))
    },
    cancelChat: async (id: string) => void cancelled.push(id),
  }
  return {
    service: { host } as unknown as RunService,
    asked,
    cancelled,
    reply: (index, content) => replies[index]!({ ok: true, content, tokens: 3, ms: 5, stopReason: 'stop' }),
  }
}

describe('the playground', () => {
  test('puts one question to all policies and keeps their answers apart', async () => {
    const { service, asked, reply } = manualHost()
    const playground = createPlayground(service, countingIds())
    playground.add(base)
    playground.add(tuned)
    playground.state.system = 'Be brief.'
    const done = playground.ask('banana')
    expect(asked.map((r) => r.policy)).toEqual([null, tuned.path])
    expect(asked[0]!.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'banana' },
    ])
    reply(1, 'anana-bay')
    reply(0, 'banana')
    await done
    expect(playground.state.columns.map((c) => c.turns.at(-1))).toMatchObject([
      { content: 'banana' },
      { content: 'anana-bay' },
    ])
  })

  test('drops the answer to a question that was cancelled', async () => {
    const { service, asked, cancelled, reply } = manualHost()
    const playground = createPlayground(service, countingIds())
    playground.add(base)
    const done = playground.ask('banana')
    playground.cancel()
    reply(0, 'late')
    await done
    expect(cancelled).toEqual([asked[0]!.id])
    expect(playground.state.columns[0]!.turns.map((t) => t.role)).toEqual(['user'])
  })

  test('arranges base and tuned once each, also when the tuned one comes later', () => {
    const { state, arrange } = createPlayground(manualHost().service, countingIds())
    const labels = (): string[] => state.columns.map((column) => column.policy.label)
    arrange([])
    expect(labels()).toEqual([])
    arrange([base])
    arrange([base])
    expect(labels()).toEqual(['Base'])
    arrange([base, tuned, { ...tuned, label: 'older' }])
    arrange([base, tuned])
    expect(labels()).toEqual(['Base', 'SFT'])
  })

  test('arranges nothing beside what a person chose, removed or asked', () => {
    const chosen = createPlayground(manualHost().service, countingIds())
    chosen.arrange([base])
    chosen.choose(chosen.state.columns[0]!.id, tuned)
    chosen.arrange([base, tuned])
    expect(chosen.state.columns.map((column) => column.policy.label)).toEqual(['SFT'])
    const asked = createPlayground(manualHost().service, countingIds())
    asked.arrange([base])
    void asked.ask('reading')
    asked.arrange([base, tuned])
    expect(asked.state.columns).toHaveLength(1)
  })
})
