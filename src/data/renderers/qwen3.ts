/** Qwen3 (ChatML) with its think block: the turn that the model produces has one, turns of the past have none. */
import { ok } from '../../base/result.ts'
import type { Message } from '../example.ts'
import { cutAtEnd, renderer, requireMarkers } from './compose.ts'
import type { RendererFactory } from './renderer.ts'

const EMPTY_BLOCK = '<think>\n\n</think>\n\n'

export const qwen3: RendererFactory = qwen3Variant('qwen3', true)
/** Opens every answer with an empty think block, which is the model's own switch for answering at once. */
export const qwen3DisableThinking: RendererFactory = qwen3Variant('qwen3_disable_thinking', false)

function qwen3Variant(name: string, thinks: boolean): RendererFactory {
  return (tokenizer) => {
    const markers = requireMarkers(name, tokenizer, ['<|im_start|>', '<|im_end|>'])
    if (!markers.ok) return markers
    const { '<|im_start|>': start, '<|im_end|>': end } = markers.value
    const header = (role: string, index: number): number[] => [
      ...(index > 0 ? tokenizer.encode('\n') : []),
      start,
      ...tokenizer.encode(`${role}\n`),
    ]
    return ok(
      renderer({
        name,
        stop: [end],
        begin: [],
        render(message, index, messages) {
          const produced = isProduced(messages, index)
          const [block, text] = produced ? framed(message.content) : ['', withoutReasoning(message)]
          // The block is a piece of its own, so that the prompt of the other variant is a prefix of the example.
          const output = [...tokenizer.encode(block), ...tokenizer.encode(text), end]
          return { header: header(message.role, index), output }
        },
        generationSuffix: (count) => [...header('assistant', count), ...(thinks ? [] : tokenizer.encode(EMPTY_BLOCK))],
        refuse: thinks ? undefined : refuseReasoning,
        parse(tokens) {
          const { body, clean } = cutAtEnd(tokens, [end, tokenizer.eosId])
          return { ...splitReasoning(tokenizer.decode(body)), clean }
        },
      }),
    )
  }
}

/** The last message, when the assistant answers a user with it. */
function isProduced(messages: readonly Message[], index: number): boolean {
  return (
    index === messages.length - 1 &&
    messages[index]!.role === 'assistant' &&
    messages.some((message) => message.role === 'user')
  )
}

function framed(content: string): [block: string, text: string] {
  const { reasoning, content: text } = splitReasoning(content)
  return [reasoning === '' ? EMPTY_BLOCK : `<think>\n${reasoning}\n</think>\n\n`, text.replace(/^\n+/, '')]
}

function withoutReasoning({ role, content }: Message): string {
  return role === 'assistant' ? splitReasoning(content).content : content
}

function splitReasoning(text: string): { readonly reasoning: string; readonly content: string } {
  const close = text.indexOf('</think>')
  if (close === -1) return { reasoning: '', content: text }
  const reasoning = text.slice(0, close).replace(/^\s*<think>/, '')
  const content = text.slice(close + '</think>'.length)
  return { reasoning: reasoning.replace(/^\n+|\n+$/g, ''), content: content.replace(/^\n+/, '') }
}

function refuseReasoning(messages: readonly Message[]): string | null {
  if (!messages.some((message) => message.role === 'user')) return 'it has no message of the user'
  const last = messages.at(-1)!
  const reasons = last.role === 'assistant' && splitReasoning(last.content).reasoning !== ''
  return reasons ? 'its answer holds reasoning, but this renderer switches thinking off' : null
}
