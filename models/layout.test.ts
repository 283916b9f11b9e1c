// The shipped folders read by other people's readers: Hugging Face's tokenizer and Jinja in TypeScript, and the safetensors header.
import { readdirSync, readFileSync } from 'node:fs'
import { Template } from '@huggingface/jinja'
import { Tokenizer } from '@huggingface/tokenizers'
import { describe, expect, it } from 'vitest'

/** Most bytes of one file in the repository. */
const MOST = 5_000_000

type Header = Record<string, { dtype?: string; shape?: number[] }>

const folders = [
  { name: 'tunegraph-tiny-1m', layers: 4, width: 128, queries: 128, keys: 64, inner: 512, parameters: 1_019_264 },
  { name: 'tunegraph-tiny-4m', layers: 6, width: 256, queries: 256, keys: 128, inner: 640, parameters: 4_202_112 },
]

it('has a case for every shipped folder', () => {
  const shipped = readdirSync(new URL('.', import.meta.url)).filter((name) => name.startsWith('tunegraph-'))
  expect(shipped.toSorted()).toEqual(folders.map((folder) => folder.name))
})

describe.each(folders)('$name', ({ name, layers, width, queries, keys, inner, parameters }) => {
  const json = (file: string): unknown => JSON.parse(readFileSync(at(file), 'utf8'))
  const at = (file: string): URL => new URL(`./${name}/${file}`, import.meta.url)
  const tokenizerJson = json('tokenizer.json') as ConstructorParameters<typeof Tokenizer>[0]
  const tokenizerConfig = json('tokenizer_config.json') as { chat_template: string }
  const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig)
  const weights = readdirSync(at('')).filter((file) => file.endsWith('.safetensors'))

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

  it('holds f16 tensors of the shapes the config gives, in files of at most 5 MB', () => {
    const all: Header = {}
    for (const file of weights) {
      const bytes = readFileSync(at(file))
      expect(bytes.length).toBeLessThanOrEqual(MOST)
      const { __metadata__: _, ...header } = headerOf(bytes)
      expect(Object.keys(header).filter((tensor) => tensor in all)).toEqual([])
      Object.assign(all, header)
    }
    const last = `model.layers.${layers - 1}`
    expect(all['model.embed_tokens.weight']).toMatchObject({ dtype: 'F16', shape: [272, width] })
    expect(all[`${last}.self_attn.q_proj.weight`]?.shape).toEqual([queries, width])
    expect(all[`${last}.self_attn.k_proj.weight`]?.shape).toEqual([keys, width])
    expect(all[`${last}.mlp.down_proj.weight`]?.shape).toEqual([width, inner])
    expect(all['model.layers.0.self_attn.q_norm.weight']?.shape).toEqual([32])
    expect(Object.keys(all)).toHaveLength(2 + 11 * layers)
    const counts = Object.values(all).map(({ shape = [] }) => shape.reduce((a, b) => a * b, 1))
    expect(counts.reduce((a, b) => a + b, 0)).toBe(parameters)
  })

  it('has an index exactly where its weights lie in several files', () => {
    const index = 'model.safetensors.index.json'
    expect(readdirSync(at('')).includes(index)).toBe(weights.length > 1)
    if (weights.length === 1) return expect(weights).toEqual(['model.safetensors'])
    const { weight_map: map } = json(index) as { weight_map: Record<string, string> }
    const held = weights.flatMap((file) => Object.keys(headerOf(readFileSync(at(file)))).map((tensor) => [tensor, file]))
    expect(map).toEqual(Object.fromEntries(held.filter(([tensor]) => tensor !== '__metadata__')))
  })

  it('says in its card what its log says', () => {
    const card = readFileSync(at('README.md'), 'utf8')
    const log = readFileSync(at('pretraining-log.csv'), 'utf8').trimEnd().split('\n')
    const [steps, tokens] = log.at(-1)!.split(',').map(Number)
    expect(card).toContain(parameters.toLocaleString('en'))
    expect(card).toContain(`${steps!.toLocaleString('en')} steps`)
    expect(card).toContain(`${(tokens! / 1e6).toFixed(1)}M tokens`)
    expect(readFileSync(at('loss-curve.svg'), 'utf8')).toContain('<polyline')
  })
})

function headerOf(bytes: Buffer): Header {
  return JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Header
}
