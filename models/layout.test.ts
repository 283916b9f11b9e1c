// The shipped folder read by other people's readers: Hugging Face's tokenizer and Jinja in TypeScript, and the safetensors header.
import { readFileSync } from 'node:fs'
import { Template } from '@huggingface/jinja'
import { Tokenizer } from '@huggingface/tokenizers'
import { describe, expect, it } from 'vitest'

const tokenizerJson = json('tokenizer.json') as ConstructorParameters<typeof Tokenizer>[0]
const tokenizerConfig = json('tokenizer_config.json') as { chat_template: string }
const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig)

describe('tunegraph-tiny-1m', () => {
  it('has one token per byte, id = byte value', () => {
    const text = 'Hé  llo,\n大 "x"\t~'
    const { ids } = tokenizer.encode(text)
    expect(ids).toEqual([...new TextEncoder().encode(text)])
    expect(tokenizer.decode(ids)).toBe(text)
  })

  it('lays chat turns out as the model was trained', () => {
    const messages = [
      { role: 'user', content: 'a b' },
      { role: 'assistant', content: 'c' },
    ]
    const template = new Template(tokenizerConfig.chat_template)
    const text = template.render({ messages, add_generation_prompt: true })
    expect(text).toBe('<|user|>a b<|end|><|assistant|>c<|end|><|assistant|>')
    expect(tokenizer.encode(text).ids).toEqual([259, 97, 32, 98, 257, 260, 99, 257, 260])
  })

  it('holds f16 tensors of the shapes the config gives', () => {
    const bytes = readFileSync(new URL('./tunegraph-tiny-1m/model.safetensors', import.meta.url))
    expect(bytes.length).toBeLessThanOrEqual(2.2e6)
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<
      string,
      { dtype?: string; shape?: number[] }
    >
    expect(header['model.embed_tokens.weight']).toMatchObject({ dtype: 'F16', shape: [272, 128] })
    expect(header['model.layers.3.self_attn.k_proj.weight']?.shape).toEqual([64, 128])
    expect(header['model.layers.3.mlp.down_proj.weight']?.shape).toEqual([128, 512])
    expect(header['model.layers.0.self_attn.q_norm.weight']?.shape).toEqual([32])
    expect(Object.keys(header).filter((name) => name !== '__metadata__')).toHaveLength(46)
  })
})

function json(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./tunegraph-tiny-1m/${name}`, import.meta.url), 'utf8'))
}
