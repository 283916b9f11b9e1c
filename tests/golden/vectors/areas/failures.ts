/** Refusals as failures, in the client's closed union of kinds. */
import { refused, wordsOf } from '#src/tinker/transport/answers.ts'
import { defaultReason, QueueStateLogger } from '#src/tinker/session/queueState.ts'
import { ok } from 'node:assert/strict'
import { check, same } from '../vector.ts'
import type { Answer } from '#src/tinker/transport/answers.ts'
import type { QueueState } from '#src/tinker/wire/futureAnswer.ts'

function answerOf(status: number, text: string): Answer {
  return { outcome: 'answered', status, headers: new Headers(), bytes: new TextEncoder().encode(text) }
}

/** Kinds that stand for the classes of the official client; one class there may be several kinds here. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  BadRequestError: ['rejected'],
  AuthenticationError: ['unauthorized'],
  PermissionDeniedError: ['unauthorized'],
  NotFoundError: ['notFound', 'unsupported'],
  ConflictError: ['conflict'],
  UnprocessableEntityError: ['rejected'],
  RateLimitError: ['rateLimited'],
  InternalServerError: ['unavailable'],
  APIStatusError: ['rejected', 'billing', 'expired'],
}

export const errorClass = check<number[], Record<string, string>>((input, expected) => {
  for (const status of input) {
    const { kind } = refused(answerOf(status, '{"detail":"x"}'), { request: 'POST x' })
    const kinds = KINDS[expected[String(status)]!]
    ok(kinds?.includes(kind), `${status} is ${kind}, not one of ${kinds?.join(', ')}`)
  }
})

/** The words are the server's own; how they are framed is each client's affair. */
export const errorMessage = check<{ status: number; text: string }, { message: string }>((input, expected) => {
  const words = wordsOf(answerOf(input.status, input.text))
  ok(words !== undefined && expected.message.includes(words), `${words} is not in ${expected.message}`)
})

type Said = [string, string][]
type Seen = { t_s: number; state: QueueState; reason: string | null }
type Logged = { warned: boolean[]; messages: string[] }

export const queueLog = check<Said | Seen[], string[] | Logged>((input, expected) => {
  if (!Array.isArray(expected)) {
    let now = 0
    const messages: string[] = []
    const logger = new QueueStateLogger({ write: (sentence) => messages.push(sentence), now: () => now })
    const warned = (input as Seen[]).map(({ t_s: seconds, state, reason }) => {
      now = seconds * 1000
      return logger.saw('Sampling', { state, reason, operation: 'asample' })
    })
    // The official sentence also names the sampler, which here is part of who waits.
    const sentences = expected.messages.map((text) => text.replace(/ for sampler \S+?(?=\.)/, ''))
    return same({ warned, messages }, { warned: expected.warned, messages: sentences })
  }
  const said = (input as Said).map(([what, state]) =>
    defaultReason(state as QueueState, what === 'sampling' ? 'asample' : 'optim_step'),
  )
  // Ours names no product: the server may be any.
  const wanted = expected.map((text) =>
    text.startsWith('Tinker backend') ? 'the server is running short on capacity' : text,
  )
  same(said, wanted)
})
