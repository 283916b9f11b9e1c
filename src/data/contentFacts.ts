/** What rules want to know of the text of rows: repeats, forged markers, thinking, several answers, and keys of prompts. */
import type { ContentFacts } from '../ir/dataset.ts'
import type { Example, Message } from './example.ts'

/** Control tokens of the chat formats in use; ordinary text never holds them. */
const MARKERS =
  /<\|(?:im_start|im_end|endoftext|begin_of_text|end_of_text|eot_id|start_header_id|end_header_id|user|assistant|system|end|start|channel|message)\|>|<｜[^｜\n]{1,40}｜>/

export function contentFacts(examples: readonly Example[]): ContentFacts {
  const seen = new Set<number>()
  const promptKeys: number[] = []
  let characters = 0
  let repeats = 0
  let multiTurn = 0
  let onlyEarlier = 0
  let thinking = 0
  const odd: { readonly line: number; readonly what: string }[] = []
  const marked: { readonly line: number; readonly example: string }[] = []
  for (const { messages, line } of examples) {
    for (const { content } of messages) characters += content.length
    const whole = keyOf(messages.map(({ role, content }) => `${role}\u0000${content}`).join('\u0001'))
    if (seen.has(whole)) repeats++
    seen.add(whole)
    const answered = messages.at(-1)?.role === 'assistant'
    const prompt = answered ? messages.slice(0, -1) : messages
    promptKeys.push(keyOf(prompt.map(({ role, content }) => `${role}\u0000${plain(content)}`).join('\u0001')))
    const answers = messages.filter(({ role }) => role === 'assistant')
    if (answers.length > 1) multiTurn++
    if (answers.length > 0 && !answered) onlyEarlier++
    const what = oddity(messages)
    if (what !== null) odd.push({ line, what })
    if (answers.some(({ content }) => content.includes('<think>'))) thinking++
    const marker = messages.map(({ content }) => MARKERS.exec(content)?.[0]).find((found) => found !== undefined)
    if (marker !== undefined) marked.push({ line, example: marker })
  }
  const [markers, first] = [firstOf(marked), firstOf(odd)]
  return { characters, repeats, promptKeys, multiTurn, onlyEarlier, thinking, markers, odd: first }
}

function firstOf<T extends object>(found: readonly T[]): ({ readonly rows: number } & T) | null {
  const [first] = found
  return first ? { rows: found.length, ...first } : null
}

/** What chat formats leave undefined: turns that do not alternate, a system message on the way, an answer of nothing. */
function oddity(messages: readonly Message[]): string | null {
  for (const [i, { role, content }] of messages.entries()) {
    if (role === 'system' && i > 0) return 'a system message that is not the first'
    if (role === 'assistant' && content.trim() === '') return 'an empty answer'
    const before = messages[i - 1]?.role
    if (role === before) return `two messages of the ${role} in a row`
    if (role === 'assistant' && before !== 'user') return 'an answer before any question'
  }
  return null
}

/** Case, spacing and punctuation at the ends do not make another question. */
function plain(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim()
}

/** 53-bit hash of a text (two rounds of FNV-1a over UTF-16 units, different offsets): collisions among millions are unlikely. */
function keyOf(text: string): number {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b)
  }
  return (a >>> 0) * 0x200000 + ((b ^ (b >>> 13)) & 0x1fffff)
}
