/** Chat templates give what Python's transformers gives: golden files of `tests/golden/chat`, whose script says how they were made. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { applyChatTemplate, chatFormatOf } from './chatTemplate.ts'
import { loadTokenizer } from './loadTokenizer.ts'
import type { ChatMessage, ChatTemplateOptions } from './chatTemplate.ts'
import type { Tokenizer } from './tokenizer.ts'

type Case = {
  readonly title: string
  readonly messages: readonly ChatMessage[]
  readonly options: Readonly<Record<string, unknown>>
  readonly text?: string
  readonly ids?: readonly number[]
  readonly refused?: string
}
type Golden = {
  readonly tokens: Readonly<Record<string, string>>
  readonly families: readonly { readonly name: string; readonly template: unknown; readonly cases: readonly Case[] }[]
}

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/${path}.json`, import.meta.url), 'utf8'))
const { tokens, families } = read('chat/templates') as Golden
const vocabulary = JSON.stringify((read('tokenizers/qwen3') as { tokenizer: unknown }).tokenizer)

function tokenizerWith(template: unknown, jinja?: string): Tokenizer {
  const config = JSON.stringify({ ...tokens, chat_template: template })
  const loaded = loadTokenizer({ tokenizer: vocabulary, config, ...(jinja === undefined ? {} : { template: jinja }) })
  if (!loaded.ok) throw new Error(loaded.error.message)
  return loaded.value
}

function optionsOf(options: Case['options']): ChatTemplateOptions {
  const { add_generation_prompt, continue_final_message, tools, ...variables } = options
  return {
    addGenerationPrompt: add_generation_prompt === true,
    continueFinalMessage: continue_final_message === true,
    ...(tools === undefined ? {} : { tools: tools as readonly unknown[] }),
    variables,
  }
}

/**
 * Where content is a list and the template wants text, Python refuses or writes the list as Python does; the library for
 * Jinja writes JSON, or refuses. No template of a model does so with the content that it is meant for.
 */
const DIFFERENT = ['chatml', 'headers', 'macros', 'blocks', 'by name'].map((name) => `${name}: a picture`)

describe.each(families)('a template in the manner of $name', ({ name, template, cases }) => {
  const tokenizer = tokenizerWith(template)

  test.each(cases)('$title', async ({ title, messages, options, text, ids, refused }) => {
    const applied = await applyChatTemplate(tokenizer, messages, optionsOf(options))
    if (DIFFERENT.includes(`${name}: ${title}`))
      return expect(applied.ok ? applied.value.text : undefined).not.toBe(text ?? 'refused')
    if (refused !== undefined) return expect(applied).toMatchObject({ ok: false, error: { code: 'TZ1009' } })
    expect(applied).toEqual({ ok: true, value: { text, ids } })
  })
})

describe('which template', () => {
  const user = [{ role: 'user', content: 'Hi' }]
  const textOf = async (tokenizer: Tokenizer, options?: ChatTemplateOptions): Promise<string> => {
    const applied = await applyChatTemplate(tokenizer, user, options)
    return applied.ok ? applied.value.text : `${applied.error.code} ${applied.error.message}`
  }

  test('a name, a text, else the default; a file of its own comes before the config', async () => {
    const named = tokenizerWith([
      { name: 'default', template: 'd' },
      { name: 'rag', template: 'r{{ documents[0] }}' },
    ])
    expect(await textOf(named)).toBe('d')
    expect(await textOf(named, { template: 'rag', documents: ['x'] })).toBe('rx')
    expect(await textOf(named, { template: '{{ messages[0].role }}{{ eos_token }}' })).toBe('user<|im_end|>')
    expect(await textOf(tokenizerWith('config', 'file'))).toBe('file')
  })

  test('none, or none of the name, is said with what there is', async () => {
    expect(await textOf(tokenizerWith(undefined))).toMatch(/^TZ1008 .*no chat template/)
    const named = tokenizerWith([{ name: 'rag', template: 'r' }])
    expect(await textOf(named)).toMatch(/^TZ1008 .*default: there is rag/)
    expect(await textOf(named, { template: 'tool_use' })).toMatch(/^TZ1008 .*"tool_use"/)
  })

  test('one that cannot be read, or refuses, is an error with its words', async () => {
    expect(await textOf(tokenizerWith('{% for %}'))).toMatch(/^TZ1009/)
    expect(await textOf(tokenizerWith("{{ raise_exception('not so') }}"))).toMatch(/^TZ1009 .*not so/)
    expect(await textOf(tokenizerWith('x'), { continueFinalMessage: true })).toMatch(/^TZ1009 .*left open/)
    const both = { continueFinalMessage: true, addGenerationPrompt: true }
    expect(await textOf(tokenizerWith('x'), both)).toMatch(/^TZ1009/)
  })

  test('tokens are named by text or with their settings; other members are no tokens', () => {
    const config = {
      bos_token: { content: '<s>', lstrip: false },
      eos_token: null,
      extra_special_tokens: { image_token: '<image>' },
      tokenizer_class: 'X',
      chat_template: [{ name: 'default', template: 'd' }, null, { name: 1 }],
    }
    expect(chatFormatOf(config)).toEqual({
      templates: { default: 'd' },
      tokens: { bos_token: '<s>', image_token: '<image>' },
    })
  })
})
