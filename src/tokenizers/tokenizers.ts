/** Tokenizers of models by name: each vocabulary is found, loaded and kept once. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { applyChatTemplate } from './chatTemplate.ts'
import type { ChatMessage, ChatTemplateOptions, RenderedChat } from './chatTemplate.ts'
import { hubFile } from './hubFile.ts'
import type { Hub } from './hubFile.ts'
import { loadTokenizer } from './loadTokenizer.ts'
import type { EncodeOptions, Tokenizer } from './tokenizer.ts'
import { fetchTokenizerFiles } from './tokenizerFiles.ts'
import { tokenizerRef } from './tokenizerRepository.ts'
import type { TokenizerRef } from './tokenizerRepository.ts'

/** Gives the tokenizer of a repository that no hub has, e.g. of a private package. Null: look on. */
export type TokenizerLoader = (ref: TokenizerRef) => Promise<Result<Tokenizer, Diagnostic> | null>

export type TokenizersOptions = {
  /** Asked one after the other. Default: the Hugging Face hub, nothing kept. */
  readonly hubs?: readonly Hub[]
}

export class Tokenizers {
  readonly #hubs: readonly Hub[]
  readonly #loaders: { readonly pattern: RegExp; readonly load: TokenizerLoader }[] = []
  readonly #templates = new WeakMap<Tokenizer, Promise<string | null>>()
  readonly #loaded = new Map<string, Promise<Result<Tokenizer, Diagnostic>>>()

  constructor(options: TokenizersOptions = {}) {
    this.#hubs = options.hubs ?? [{}]
  }

  /** For repositories whose id the pattern matches; the last one registered is asked first. */
  register(pattern: RegExp, load: TokenizerLoader): void {
    this.#loaders.unshift({ pattern, load })
  }

  /**
   * Two names with one tokenizer share it. A failure is not remembered.
   * @param tokenizerId what `get_info` or `weights_info` names for the model, if anything
   */
  async get(model: string, tokenizerId?: string | null): Promise<Result<Tokenizer, Diagnostic>> {
    const ref = tokenizerRef(model, tokenizerId)
    const key = `${ref.id}@${ref.revision}`
    let loading = this.#loaded.get(key)
    if (!loading) {
      loading = this.#load(ref)
      this.#loaded.set(key, loading)
      const forget = (): void => void this.#loaded.delete(key)
      loading.then((loaded) => (loaded.ok ? undefined : forget()), forget)
    }
    return loading
  }

  async encode(text: string, model: string, options?: EncodeOptions): Promise<Result<number[], Diagnostic>> {
    const tokenizer = await this.get(model)
    return tokenizer.ok ? ok(tokenizer.value.encode(text, options)) : tokenizer
  }

  async decode(ids: readonly number[], model: string): Promise<Result<string, Diagnostic>> {
    const tokenizer = await this.get(model)
    return tokenizer.ok ? ok(tokenizer.value.decode(ids)) : tokenizer
  }

  /**
   * A conversation by the chat template of a model, which may be a file of its own beside the tokenizer: that one is asked for
   * when a template is first used.
   */
  async applyChatTemplate(
    messages: readonly ChatMessage[],
    model: string,
    options?: ChatTemplateOptions,
  ): Promise<Result<RenderedChat, Diagnostic>> {
    const tokenizer = await this.get(model)
    if (!tokenizer.ok) return tokenizer
    const { value } = tokenizer
    const jinja = await this.#templateOf(tokenizerRef(model), value)
    if (jinja === null) return applyChatTemplate(value, messages, options)
    const { templates = {}, tokens = {} } = value.chat ?? {}
    const chat = { tokens, templates: { ...templates, default: jinja } }
    return applyChatTemplate({ ...value, chat }, messages, options)
  }

  /** Text of `chat_template.jinja`; null where there is none, and for tokenizers that come from no hub. */
  async #templateOf(ref: TokenizerRef, tokenizer: Tokenizer): Promise<string | null> {
    let asking = this.#templates.get(tokenizer)
    if (asking === undefined) {
      const forget = (): boolean => this.#templates.delete(tokenizer)
      asking = this.#askForTemplate(ref, forget)
      this.#templates.set(tokenizer, asking)
    }
    return asking
  }

  /** A hub that is away for a while may have one: it is asked again the next time. */
  async #askForTemplate(ref: TokenizerRef, forget: () => void): Promise<string | null> {
    for (const hub of this.#hubs) {
      const file = await hubFile(ref, 'chat_template.jinja', hub)
      if (file.ok) return new TextDecoder().decode(file.value)
      if (file.error.code === 'TZ1004') forget()
    }
    return null
  }

  async #load(ref: TokenizerRef): Promise<Result<Tokenizer, Diagnostic>> {
    for (const { pattern, load } of this.#loaders) {
      const own = pattern.test(ref.id) ? await load(ref) : null
      if (own?.ok) this.#templates.set(own.value, Promise.resolve(null))
      if (own) return own
    }
    const reasons: Diagnostic[] = []
    for (const hub of this.#hubs) {
      const files = await fetchTokenizerFiles(ref, hub)
      if (files.ok) return loadTokenizer(files.value)
      reasons.push(files.error)
    }
    const first = reasons[0]!
    return err({ ...first, message: [...new Set(reasons.map((reason) => reason.message))].join(' ') })
  }
}
