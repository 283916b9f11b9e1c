/** Conversations with policies side by side: one question goes to all columns, each answers for itself. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { IdSource } from '../base/ids.ts'
import type { ChatRequest, RunService } from '../services/runService.ts'
import { unanswered } from '../services/unanswered.ts'

/** Someone to talk to: a base model, or the sampler weights that a checkpoint saved. */
export type Policy = {
  /** `tinker://…/sampler_weights/…`, or null for the base model. */
  readonly path: string | null
  readonly label: string
  readonly model: string
  readonly renderer: string
}

export type Turn =
  | { readonly role: 'user'; readonly content: string }
  | {
      readonly role: 'assistant'
      readonly content: string
      readonly tokens: number
      readonly ms: number
      readonly stopReason: string
    }
  | { readonly role: 'failure'; readonly diagnostic: Diagnostic }

export type Column = {
  readonly id: string
  policy: Policy
  turns: readonly Turn[]
  /** Id of the request that is being answered; null = idle. */
  asking: string | null
}

export type PlaygroundState = {
  columns: Column[]
  system: string
  temperature: number
  topP: number
  maxTokens: number
  /** Null draws a new one for every question. */
  seed: number | null
}

export type Playground = {
  readonly state: PlaygroundState
  /** Before anybody chose anything: the base model, and beside it the first policy with weights of its own once there is one. */
  arrange(policies: readonly Policy[]): void
  add(policy: Policy): void
  choose(column: string, policy: Policy): void
  remove(column: string): void
  /** Asks every column. */
  ask(question: string): Promise<void>
  cancel(): void
  clear(): void
}

export function createPlayground(service: RunService, ids: IdSource): Playground {
  const state = proxy<PlaygroundState>({ columns: [], system: '', temperature: 0, topP: 1, maxTokens: 64, seed: null })
  const find = (id: string): Column | undefined => state.columns.find((column) => column.id === id)

  async function askColumn(column: Column, question: string): Promise<void> {
    const id = ids<'Chat'>('chat')
    column.turns = ref([...column.turns, { role: 'user', content: question } satisfies Turn])
    column.asking = id
    const turn = await answer(request(id, column))
    const now = find(column.id)
    // A column that was cleared, closed or asked again meanwhile wants no late answer.
    if (!now || now.asking !== id) return
    now.asking = null
    now.turns = ref([...now.turns, turn])
  }

  async function answer(chat: ChatRequest): Promise<Turn> {
    try {
      const said = await service.host.chat(chat)
      if (!said.ok) return { role: 'failure', diagnostic: said.diagnostic }
      const { content, tokens, ms, stopReason } = said
      return { role: 'assistant', content, tokens, ms, stopReason }
    } catch (error) {
      return { role: 'failure', diagnostic: unanswered(error) }
    }
  }

  function request(id: string, column: Column): ChatRequest {
    const { system, temperature, topP, maxTokens, seed } = state
    const said = column.turns.flatMap((turn) =>
      turn.role === 'failure' ? [] : [{ role: turn.role, content: turn.content } as const],
    )
    return {
      id,
      policy: column.policy.path,
      model: column.policy.model,
      renderer: column.policy.renderer,
      messages: system.trim() === '' ? said : [{ role: 'system', content: system }, ...said],
      temperature,
      topP,
      maxTokens,
      seed,
    }
  }

  function drop(column: Column): void {
    if (column.asking !== null) void service.host.cancelChat(column.asking)
    column.asking = null
  }

  /** Policies that were put in columns unasked, until a person chooses for themselves. */
  let arranged: 'nothing' | 'base' | 'done' = 'nothing'

  function push(policy: Policy): void {
    state.columns.push({ id: ids<'Column'>('col'), policy: ref({ ...policy }), turns: ref([]), asking: null })
  }

  return {
    state,
    arrange(policies) {
      const base = policies.find((policy) => policy.path === null)
      if (arranged === 'nothing' && base) {
        push(base)
        arranged = 'base'
      }
      const tuned = policies.find((policy) => policy.path !== null)
      if (arranged === 'base' && tuned) {
        push(tuned)
        arranged = 'done'
      }
    },
    add(policy) {
      arranged = 'done'
      push(policy)
    },
    choose(id, policy) {
      arranged = 'done'
      const column = find(id)
      if (!column) return
      drop(column)
      column.policy = ref({ ...policy })
      // Another policy has not said what the one before said.
      column.turns = ref([])
    },
    remove(id) {
      arranged = 'done'
      const column = find(id)
      if (column) drop(column)
      state.columns = state.columns.filter((other) => other.id !== id)
    },
    async ask(question) {
      arranged = 'done'
      const idle = state.columns.filter((column) => column.asking === null)
      await Promise.all(idle.map((column) => askColumn(column, question)))
    },
    cancel() {
      for (const column of state.columns) drop(column)
    },
    clear() {
      for (const column of state.columns) {
        drop(column)
        column.turns = ref([])
      }
    },
  }
}
