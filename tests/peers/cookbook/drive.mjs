/**
 * The minimal loops of tinker-cookbook from PyPI, unchanged, on the embedded backend: `python -m tinker_cookbook.recipes.…`
 * with an address, sizes and data of ours. The tiny model is served under the name that the recipes ask for by default.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/folders.mjs'
import { environment, torchFolder } from '../support/python.mjs'
import { clientEnv } from '../support/scripts.mjs'
import { startTunegraph } from '../support/serve.mjs'
import { seconds } from '../support/tally.mjs'
import { tuftPython } from '../tuft/server.mjs'
import { formRows, lessonRows, problemRows, writeConversations, writeProblems } from './data.mjs'

const VERSION = '0.6.1'
const MODEL = 'Qwen/Qwen3.5-9B-Base'
const LIMIT_MS = 600_000

/** What it names, less PyTorch, which is borrowed; tml-renderers, which only Inkling's renderer loads, as PyPI has it. */
const NEEDS = [
  ...['tinker==0.38.0', 'numpy', 'pillow', 'pydantic', 'rich', 'safetensors', 'termcolor', 'tqdm', 'aiohttp', 'anyio'],
  ...['huggingface-hub', 'cloudpickle', 'blobfile>=3', 'chz>=0.4', 'datasets>=2.14', 'pyrage>=1.4', 'tiktoken>=0.12'],
  ...['tml-renderers', 'transformers>=5.7,<6', 'math-verify>=0.5', 'pylatexenc>=2', 'sympy'],
]

function cookbookPython() {
  if (tuftPython() === null) return null
  const python = environment(`cookbook-${VERSION}`, [['--no-deps', `tinker-cookbook==${VERSION}`], NEEDS])
  if (python === null) return null
  const site = join(python, '..', '..', torchFolder().slice(torchFolder().indexOf('lib')))
  // Read after the environment's own packages, which so go first.
  writeFileSync(join(site, 'zz_borrowed.pth'), `${torchFolder()}\n`)
  return python
}

/** False when it cannot be installed. */
export async function driveCookbook(tally) {
  const python = cookbookPython()
  if (python === null) return false
  console.log(`\n— tinker-cookbook ${VERSION} on the embedded backend`)
  const folder = mkdtempSync(join(tmpdir(), 'tunegraph-cookbook-'))
  const options = ['--model', `${MODEL}=${join(ROOT, 'models', 'tunegraph-tiny-1m')}`]
  const server = await startTunegraph(join(folder, 'server'), { options })
  const run = (recipe, log, settings) => runRecipe({ python, folder, url: server.url, recipe, log, settings })
  try {
    await supervised(run, folder, tally)
    await reinforcement(run, folder, tally)
  } finally {
    const code = await server.stop()
    if (code !== 0) tally.fail('the server ends well', `it ended with ${code}`)
    rmSync(folder, { recursive: true, force: true })
  }
  return true
}

async function supervised(run, folder, tally) {
  const rows = lessonRows()
  writeConversations(folder, rows)
  const name = 'sl_loop: loss falls, checkpoints are kept'
  await verdict(tally, name, async () => {
    const settings = { batch_size: 20, learning_rate: 2e-3, save_every: 5 }
    const steps = await run('sl_loop', 'supervised', settings)
    const losses = steps.map((step) => step.train_mean_nll)
    must(losses.length === Math.floor(rows.length / 20), `${losses.length} steps`)
    const [first, last] = [losses[0], losses.at(-1)]
    must(last < 0.5 * first, `losses ${losses.map((x) => x.toFixed(3)).join(' ')}`)
    must(steps.at(-1).train_mean_bpb > 0, 'no bits per byte')
    const kept = readLines(join(folder, 'supervised', 'checkpoints.jsonl'))
    must(kept.at(-1).name === 'final' && kept.at(-1).sampler_path.startsWith('tinker://'), JSON.stringify(kept))
    return `nll ${first.toFixed(2)} → ${last.toFixed(2)} in ${losses.length} steps`
  })
  await verdict(tally, 'sl_loop: goes on from its last checkpoint', async () => {
    const log = join(folder, 'resumed')
    mkdirSync(log)
    const kept = readLines(join(folder, 'supervised', 'checkpoints.jsonl'))
    const middle = kept.filter((record) => record.name !== 'final').at(-1)
    writeFileSync(join(log, 'checkpoints.jsonl'), `${JSON.stringify(middle)}\n`)
    const again = await run('sl_loop', 'resumed', { batch_size: 20, learning_rate: 2e-3, save_every: 0 })
    const straight = readLines(join(folder, 'supervised', 'metrics.jsonl')).filter(({ step }) => step >= middle.batch)
    const [a, b] = [again, straight].map((steps) => steps.map((step) => step.train_mean_nll))
    must(a.length > 0 && JSON.stringify(a) === JSON.stringify(b), `${a} is not ${b}`)
    return `${a.length} steps, the same to the last digit`
  })
}

async function reinforcement(run, folder, tally) {
  writeConversations(folder, formRows(20 * 9))
  writeProblems(folder, problemRows(600))
  await verdict(tally, 'rl_loop: rewards are computed and rise', async () => {
    await run('sl_loop', 'form', {
      batch_size: 9,
      learning_rate: 4e-3,
      save_every: 0,
      train_on_what: 'last_assistant_message',
    })
    const [start] = readLines(join(folder, 'form', 'checkpoints.jsonl')).slice(-1)
    const told = []
    const mean = (some) => some.reduce((sum, x) => sum + x, 0) / some.length
    for (const [loss, count] of Object.entries({ importance_sampling: 8, cispo: 3 })) {
      const log = join(folder, loss)
      mkdirSync(log)
      writeFileSync(join(log, 'checkpoints.jsonl'), `${JSON.stringify({ ...start, batch: 0 })}\n`)
      const settings = {
        batch_size: 6,
        group_size: 8,
        max_tokens: 24,
        learning_rate: 1e-3,
        loss_fn: loss,
        save_every: 0,
      }
      const steps = await run('rl_loop', loss, { ...settings, max_steps: count })
      const rewards = steps.map((step) => step['reward/total'])
      const all = rewards.map((x) => x.toFixed(2)).join(' ')
      must(rewards.length === count && rewards[0] > 0, `${loss}: rewards ${all}`)
      told.push(`${loss} ${all}`)
      if (loss === 'importance_sampling')
        must(mean(rewards.slice(-3)) > mean(rewards.slice(0, 3)) + 0.1, `rewards do not rise: ${all}`)
    }
    return told.join(', ')
  })
}

/** Runs a recipe as its users do and gives its metrics, a record a step. @throws Error with the end of what it printed */
async function runRecipe({ python, folder, url, recipe, log, settings }) {
  const own = { base_url: url, log_path: join(folder, log), lora_rank: 16, ...settings }
  const args = ['-m', `tinker_cookbook.recipes.${recipe}`, ...Object.entries(own).map(([k, v]) => `${k}=${v}`)]
  const env = { ...process.env, ...clientEnv(url, join(folder, 'hub')), HF_DATASETS_CACHE: join(folder, `data-${log}`) }
  const child = spawn(python, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      said = (said + bytes).slice(-4000)
      if (process.env.PEERS_VERBOSE === '1') process.stderr.write(bytes)
    })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  if (code !== 0) throw new Error(`${recipe} ended with ${code}: ${said.trim().split('\n').slice(-6).join(' | ')}`)
  return readLines(join(folder, log, 'metrics.jsonl'))
}

async function verdict(tally, name, work) {
  const from = Date.now()
  try {
    const told = await work()
    tally.ok(name)
    console.log(`      ${told}; ${seconds(from)}`)
  } catch (error) {
    tally.fail(name, error.message)
  }
}

function must(truth, otherwise) {
  if (!truth) throw new Error(otherwise)
}

function readLines(path) {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
