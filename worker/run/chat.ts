/** Talking to a policy with the renderer of training. Any number of answers at a time, each cancelled by itself. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err } from '#src/base/result.ts'
import { loadTokenizer } from '#src/tokenizers/loadTokenizer.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { Renderer } from '#src/data/renderers/renderer.ts'
import { diagnosticOf, failureOf } from '#src/tinker/index.ts'
import type { SamplingClient, ServiceClient } from '#src/tinker/index.ts'
import { diagnose } from '../codes.ts'
import type { ChatAnswer, ChatRequest } from '../protocol.ts'
import type { Backends } from './backends.ts'

export type Chat = {
  ask(request: ChatRequest): Promise<ChatAnswer>
  cancel(id: string): void
}

export function createChat(backends: Backends): Chat {
  const running = new Map<string, AbortController>()
  /** Samplers by policy, for as long as their client lives. */
  let samplers = new Map<string, Promise<SamplingClient>>()
  let madeBy: ServiceClient | null = null

  function samplerOf(service: ServiceClient, { policy, model }: ChatRequest): Promise<SamplingClient> {
    if (madeBy !== service) {
      samplers = new Map()
      madeBy = service
    }
    const key = JSON.stringify([policy, model])
    let sampler = samplers.get(key)
    if (!sampler) {
      sampler = service.createSamplingClient({ ...(policy === null ? {} : { modelPath: policy }), baseModel: model })
      samplers.set(key, sampler)
      sampler.catch(() => samplers.delete(key))
    }
    return sampler
  }

  async function answer(request: ChatRequest, signal: AbortSignal): Promise<ChatAnswer> {
    const renderer = await rendererOf(backends, request.model, request.renderer)
    if (!renderer.ok) return { ok: false, diagnostic: renderer.error }
    const prompt = renderer.value.buildGenerationPrompt(request.messages)
    if (!prompt.ok) return { ok: false, diagnostic: prompt.error }
    const service = backends.shared()
    if (!service.ok) return { ok: false, diagnostic: service.error }
    const started = Date.now()
    const sampler = await samplerOf(service.value, request)
    const { maxTokens, temperature, topP, seed } = request
    const params = { maxTokens, temperature, topP, stop: renderer.value.stop, ...(seed === null ? {} : { seed }) }
    const future = sampler.sample({ prompt: Int32Array.from(prompt.value), params })
    try {
      const [sequence] = (await future.result({ signal })).sequences
      if (!sequence) throw new Error('the server sent no sequence')
      const { content } = renderer.value.parseResponse(Array.from(sequence.tokens))
      const { length: tokens } = sequence.tokens
      return { ok: true, content, tokens, ms: Date.now() - started, stopReason: sequence.stopReason }
    } finally {
      if (signal.aborted) future.cancel()
    }
  }

  return {
    async ask(request) {
      const controller = new AbortController()
      running.get(request.id)?.abort()
      running.set(request.id, controller)
      try {
        return await answer(request, controller.signal)
      } catch (error) {
        return { ok: false, diagnostic: explained(error) }
      } finally {
        if (running.get(request.id) === controller) running.delete(request.id)
      }
    },
    cancel: (id) => running.get(id)?.abort(),
  }
}

/** A renderer over the tokenizer of a model of the selected backend. */
export async function rendererOf(
  backends: Backends,
  model: string,
  name: string,
): Promise<Result<Renderer, Diagnostic>> {
  const files = await backends.tokenizerFiles(backends.selected(), model)
  if (!files.ok) return files
  const tokenizer = loadTokenizer(files.value)
  return tokenizer.ok ? createRenderer(name, tokenizer.value) : err(tokenizer.error)
}

function explained(error: unknown): Diagnostic {
  const failure = failureOf(error)
  if (failure) return diagnosticOf(failure)
  const detail = error instanceof Error ? error.message : String(error)
  return diagnose('WK0006', { on: 'document' }, `The answer ended by an error of Tunegraph itself: ${detail}.`)
}
