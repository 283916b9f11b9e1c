/**
 * Proves the loopback hub of the tests with the hub's own clients: what `huggingface_hub` (Python) and `@huggingface/hub` (npm) push to
 * it has to arrive, so that it is a fair judge of ours.
 *
 *     node tests/peers/hubClients.mjs PYTHON [FOLDER WITH node_modules/@huggingface/hub]
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runnerImport } from 'vite'

const [python, folder] = process.argv.slice(2)
const source = fileURLToPath(new URL('../../src/tinker/testing/hubServer.ts', import.meta.url))
const { hubServer } = (await runnerImport(source, { configFile: false, logLevel: 'error' })).module
let failed = 0

for (const partSize of [Infinity, 2048]) {
  await pushedBy(`huggingface_hub, parts of ${partSize}`, partSize, (hub) => {
    const script = [
      'import sys, io',
      'from huggingface_hub import HfApi, CommitOperationAdd',
      `api = HfApi(endpoint=sys.argv[1], token="hf_token")`,
      'api.create_repo("me/adapter", private=True, exist_ok=True)',
      'ops = [CommitOperationAdd("adapter_config.json", b"{}"), CommitOperationAdd("adapter_model.safetensors", bytes(range(250)) * 20)]',
      'api.create_commit("me/adapter", ops, commit_message="from Python")',
    ].join('\n')
    return run(python, ['-c', script, hub.url], { HF_HUB_DISABLE_XET: '1', HF_ENDPOINT: hub.url })
  })
  if (folder) {
    await pushedBy(`@huggingface/hub, parts of ${partSize}`, partSize, async (hub) => {
      const { commit, createRepo } = await import(
        pathToFileURL(createRequire(`${folder}/`).resolve('@huggingface/hub')).href
      )
      const repo = { type: 'model', name: 'me/adapter' }
      const own = { hubUrl: hub.url, accessToken: 'hf_token', repo }
      await createRepo({ ...own, visibility: 'private' })
      const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 250)
      const operations = [
        { operation: 'addOrUpdate', path: 'adapter_config.json', content: new Blob(['{}']) },
        { operation: 'addOrUpdate', path: 'adapter_model.safetensors', content: new Blob([bytes]) },
      ]
      await commit({ ...own, title: 'from npm', operations, useXet: false })
    })
  }
}
process.exitCode = failed

async function pushedBy(who, partSize, push) {
  const hub = await hubServer({ token: 'hf_token', partSize })
  try {
    await push(hub)
    const main = hub.repositories.get('me/adapter').branches.get('main')
    const whole = main
      .get('adapter_model.safetensors')
      ?.equals(Buffer.from(Uint8Array.from({ length: 5000 }, (_, i) => i % 250)))
    if (!whole || main.get('adapter_config.json')?.toString() !== '{}') throw new Error('files differ')
    console.log(`${who}: arrived (${hub.asked.length} requests)`)
  } catch (error) {
    failed = 1
    console.log(`${who}: ${error.message}\n  ${hub.asked.join('\n  ')}`)
  } finally {
    await hub.close()
  }
}

function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => (said += chunk))
    child.on('exit', (status) =>
      status === 0 ? resolve() : reject(new Error(said.trim().split('\n').slice(-4).join('\n'))),
    )
  })
}
