/**
 * Conversations as text and ids by the model's own chat template, a Jinja program that comes with its tokenizer. The language
 * is loaded when a template is first used.
 */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { diagnose } from './codes.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerConfig } from './tokenizerJson.ts'

/** What a tokenizer says of conversations: templates by name, one of them `default`, and the tokens that they call by name. */
export type ChatFormat = {
  readonly templates: Readonly<Record<string, string>>
  /** As `bos_token`: `<s>`. */
  readonly tokens: Readonly<Record<string, string>>
}

/** As the template wants it: `role` and `content` at least, `tool_calls`, `reasoning_content` and others where it knows them. */
export type ChatMessage = { readonly role: string; readonly content?: unknown; readonly [member: string]: unknown }

export type ChatTemplateOptions = {
  /** End with the beginning of an answer, for the model to go on. Default false. */
  readonly addGenerationPrompt?: boolean
  /** Leave the last message open, for the model to go on with it. Default false. */
  readonly continueFinalMessage?: boolean
  /** JSON schemas of functions. */
  readonly tools?: readonly unknown[]
  readonly documents?: readonly unknown[]
  /** Name of one of the tokenizer's templates, or the text of another. Default: `tool_use` where there are tools, else `default`. */
  readonly template?: string
  /** Other names that the template knows, as `enable_thinking`. They come before the tokenizer's tokens. */
  readonly variables?: Readonly<Record<string, unknown>>
}

export type RenderedChat = {
  readonly text: string
  /** Control tokens that are spelled out are control tokens, those of the messages too, as in Python's transformers. */
  readonly ids: readonly number[]
}

/**
 * What `apply_chat_template` of Python's transformers makes of the conversation. Members that are null count as absent.
 * Errors: TZ1008 where there is no template, TZ1009 where it refuses the conversation or cannot be read.
 */
export async function applyChatTemplate(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: ChatTemplateOptions = {},
): Promise<Result<RenderedChat, Diagnostic>> {
  const { templates = {}, tokens = {} } = tokenizer.chat ?? {}
  const source = chosen(templates, options)
  if (source === undefined) return err(diagnose('TZ1008', { on: 'document' }, missing(templates, options.template)))
  const text = await rendered(source, messages, options, tokens)
  if (!text.ok) return err(diagnose('TZ1009', { on: 'document' }, text.error))
  return ok({ text: text.value, ids: tokenizer.encode(text.value, { allowSpecial: 'all' }) })
}

/** @param jinja text of `chat_template.jinja`, which comes before what the config says */
export function chatFormatOf(config: TokenizerConfig, jinja?: string): ChatFormat {
  const { chat_template: said, extra_special_tokens: extra } = config
  const named = Array.isArray(said) ? said : [{ name: 'default', template: said }]
  const templates = Object.fromEntries(
    named.flatMap((entry: unknown) => {
      const { name, template } = (entry ?? {}) as { readonly name?: unknown; readonly template?: unknown }
      return typeof name === 'string' && typeof template === 'string' ? [[name, template] as const] : []
    }),
  )
  const members = { ...config, ...(typeof extra === 'object' && !Array.isArray(extra) ? extra : {}) }
  const tokens = Object.entries(members).flatMap(([name, token]) => {
    const content = typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token
    return name.endsWith('_token') && typeof content === 'string' ? [[name, content] as const] : []
  })
  return {
    templates: jinja === undefined ? templates : { ...templates, default: jinja },
    tokens: Object.fromEntries(tokens),
  }
}

function chosen(templates: ChatFormat['templates'], { template, tools }: ChatTemplateOptions): string | undefined {
  const own = (name: string): string | undefined => (Object.hasOwn(templates, name) ? templates[name] : undefined)
  // A template has a tag at least; a name has none.
  if (template !== undefined) return own(template) ?? (template.includes('{') ? template : undefined)
  return (tools === undefined ? undefined : own('tool_use')) ?? own('default')
}

function missing(templates: ChatFormat['templates'], wanted: string | undefined): string {
  const names = Object.keys(templates)
  if (names.length === 0) return "The model's tokenizer has no chat template: name one, or the text of one."
  const which = wanted === undefined ? 'none that is called default' : `none that is called ${JSON.stringify(wanted)}`
  return `The model's tokenizer has chat templates, but ${which}: there is ${names.join(', ')}.`
}

/** Stands after the last message while the template runs; the space shows whether the template trims. */
const OPEN_END = 'TO_BE_CONTINUED '
const REASONING = ['reasoning_content', 'thinking', 'reasoning']

async function rendered(
  source: string,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = false, continueFinalMessage = false, tools, documents, variables }: ChatTemplateOptions,
  tokens: ChatFormat['tokens'],
): Promise<Result<string, string>> {
  if (messages.length === 0) return refused('there is no message')
  if (continueFinalMessage && addGenerationPrompt)
    return refused('the last message cannot be left open and an answer begun at once')
  const talk = messages.map(plainMessage)
  const last = talk.at(-1)!
  if (continueFinalMessage) {
    if (typeof last['content'] !== 'string') return refused('the last message has no text to go on with')
    talk[talk.length - 1] = { ...last, content: last['content'] + OPEN_END }
  }
  const loaded = await import('@huggingface/jinja').catch((error: unknown) => error)
  if (!isJinja(loaded)) return err(`What reads chat templates could not be loaded: ${wordsOf(loaded)}.`)
  try {
    const text = compiled(source, loaded).render({
      tools: tools ?? null,
      documents: documents ?? null,
      ...tokens,
      ...variables,
      messages: talk,
      add_generation_prompt: addGenerationPrompt,
    })
    return continueFinalMessage ? cutOpen(text) : ok(text)
  } catch (error) {
    return refused(wordsOf(error))
  }
}

/** Without members that are null; the thoughts under each name by which templates of different families ask for them. */
function plainMessage(message: ChatMessage): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null && value !== undefined))
  const thoughts = REASONING.map((name) => kept[name]).find((value) => value !== undefined)
  return thoughts === undefined ? kept : { thinking: thoughts, ...kept, reasoning_content: thoughts }
}

function cutOpen(text: string): Result<string, string> {
  const end = text.lastIndexOf(OPEN_END.trimEnd())
  if (end < 0) return refused('the template leaves out the last message, which was to be left open')
  const head = text.slice(0, end)
  return ok(text.startsWith(OPEN_END, end) ? head : head.trimEnd())
}

function refused(why: string): Result<never, string> {
  return err(`The chat template refuses: ${why}.`)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

type Template = { render(items: Record<string, unknown>): string }
type Jinja = { readonly Template: new (source: string) => Template }

function isJinja(loaded: unknown): loaded is Jinja {
  return typeof loaded === 'object' && loaded !== null && 'Template' in loaded
}

/** Reading a long template takes milliseconds; a program uses few of them. */
const kept = new Map<string, Template>()
const MOST_KEPT = 16

function compiled(source: string, { Template }: Jinja): Template {
  const found = kept.get(source)
  if (found !== undefined) return found
  const template = new Template(source)
  if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!)
  kept.set(source, template)
  return template
}
