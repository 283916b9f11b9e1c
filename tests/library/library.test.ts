/** The library as others get it: packed by npm, installed elsewhere without a network, imported, bundled, type-checked. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import type { Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '#server/httpServer.ts'
import { createEmbeddedBackend, memoryBlobStore } from '#src/backend/index.ts'
import { tinyModel } from '#src/backend/service/testing/tinyModel.ts'
import { apiReference } from '../../scripts/apiReference.mjs'
import { Peer } from '#src/tinker/testing/peer.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/**
 * kB of gzip, minified, that `import { ServiceClient } from 'tunegraph/tinker'` costs a page that trains and samples: all
 * that is loaded at once, in one file. The aim is 25; until it is reached this keeps the client from growing.
 */
const CLIENT_KB = 25
const BUILD_LIMIT_MS = 300_000
const run = promisify(execFile)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunegraph-library-'))
  await run('node', ['scripts/buildLibrary.mjs', join(folder, 'built')], { cwd: ROOT })
  await run('npm', ['pack', './built'], { cwd: folder })
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder })
}, BUILD_LIMIT_MS)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** `lazy`: all parts that are loaded when they are used, but for the foreign one that compresses by zstd. */
type Bundled = { readonly entry: string; readonly text: string; readonly lazy: string }

/** What a bundler makes of the text: the code that is loaded at once, as one file. Lazy parts are files of their own. */
async function bundle(text: string): Promise<Bundled> {
  const entry = join(folder, `entry-${Math.random().toString(36).slice(2)}.js`)
  await writeFile(entry, text)
  const core = new Set(loadedAtOnce(await chunksOf(entry)).flatMap(({ moduleIds }) => moduleIds))
  const chunks = await chunksOf(entry, (id) => core.has(id))
  const once = loadedAtOnce(chunks)
  const lazy = chunks.filter((chunk) => !once.includes(chunk) && !chunk.fileName.includes('dist-'))
  return { entry, text: once.map(({ code }) => code).join('\n'), lazy: lazy.map(({ code }) => code).join('\n') }
}

type Chunk = Rolldown.OutputChunk

/** `inCore`: modules that go into one file, as most bundlers do by themselves with what is loaded at once. */
async function chunksOf(entry: string, inCore?: (id: string) => boolean): Promise<Chunk[]> {
  const output = inCore === undefined ? {} : { codeSplitting: { groups: [{ name: 'core', test: inCore }] } }
  const made = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    // Not as a library, which would keep its white space, nor as a page, which would get vite's own loader of styles.
    ssr: { noExternal: true },
    build: {
      write: false,
      target: 'es2023',
      minify: true,
      ssr: true,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict', output },
    },
  })
  const parts = [made].flat().flatMap((part) => ('output' in part ? part.output : []))
  return parts.filter((part) => part.type === 'chunk')
}

function loadedAtOnce(chunks: readonly Chunk[]): Chunk[] {
  const wanted = chunks.filter((chunk) => chunk.isEntry)
  for (const { imports } of wanted)
    for (const name of imports) {
      const next = chunks.find(({ fileName }) => fileName === name)
      if (next === undefined) throw new Error(`${name} is loaded, but is no part of the package`)
      if (!wanted.includes(next)) wanted.push(next)
    }
  return wanted
}

function kbOf({ text }: Pick<Bundled, 'text'>): number {
  return gzipSync(text, { level: 9 }).length / 1000
}

/** The page's snippets in order, as one program: they build on one another, as the reader does. */
function programOf(page: string, url: string, model: string): string {
  const imports = new Set<string>()
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) =>
    block!.replace(/^import \{ (.*) \} from '(.*)'\n/gm, (_line, names: string, from: string) => {
      for (const name of names.split(', ')) imports.add(`import { ${name} } from '${from}'`)
      return ''
    }),
  )
  const addressed = blocks.map((block) => block.replace(/baseUrl: '[^']+'/, `baseUrl: '${url}'`))
  // Another way to the same client: in a scope of its own, so that the reader's stays what it was.
  const scoped = addressed.map((block) =>
    block.includes('configForNode(') ? `{\n${block}await service.close()\n}` : block,
  )
  const files = ['tokenizer', 'tokenizer_config'].map(
    (name) => `readFileSync('${join(model, `${name}.json`)}', 'utf8')`,
  )
  return [
    `import { readFileSync } from 'node:fs'`,
    ...imports,
    `const [tokenizerJson, tokenizerConfigJson] = [${files.join(', ')}]`,
    ...scoped,
    `console.log('the end')`,
  ].join('\n')
}

describe('the packed library', () => {
  test('works in Node from a tarball that was installed without a network', async () => {
    const peer = await Peer.start()
    try {
      const script = `
        import { ServiceClient } from 'tunegraph/tinker'
        const service = new ServiceClient({ baseUrl: process.argv[2], apiKey: 'tml-test' })
        const trainer = await service.createLoraTrainingClient({ baseModel: 'tiny' })
        const { metrics } = await trainer.optimStep().result()
        await service.close()
        console.log(JSON.stringify(metrics))`
      await writeFile(join(folder, 'use.js'), script)
      const { stdout } = await run('node', ['use.js', peer.url], { cwd: folder })
      expect(JSON.parse(stdout)).toMatchObject({ grad_norm: 0.5 })
    } finally {
      await peer.stop()
    }
  }, 60_000)

  test('does what docs/client.md says, snippet by snippet', async () => {
    const models = [tinyModel('Qwen/Qwen3-8B')]
    const backend = createEmbeddedBackend({ models, storage: memoryBlobStore(), engine: { simd: 'strict' } })
    const server = await listen((request) => backend.fetch(request), '127.0.0.1', 0)
    try {
      const page = await readFile(join(ROOT, 'docs/client.md'), 'utf8')
      await writeFile(join(folder, 'page.js'), programOf(page, server.url, join(ROOT, 'models/tunegraph-tiny-1m')))
      const env = { ...process.env, TINKER_BASE_URL: server.url, TINKER_API_KEY: 'tml-page' }
      const { stdout } = await run('node', ['page.js'], { cwd: folder, env })
      expect(stdout.split('\n')[0]).toContain('Qwen/Qwen3-8B')
      expect(stdout).toContain('tinker://')
      expect(stdout).toMatch(/\n(rejected|notFound) .*nobody\/nothing/)
      expect(stdout).toMatch(/\nthe end\n$/)
    } finally {
      await backend.close()
      await server.stop(0)
    }
  }, 60_000)

  test('has its reference in docs/api, as its docstrings are (`npm run docs:api` writes it)', async () => {
    for (const [name, text] of apiReference(join(folder, 'built', 'types'))) {
      const written = await readFile(join(ROOT, 'docs/api', name), 'utf8').catch(() => '')
      expect(written === text, `docs/api/${name} is up to date`).toBe(true)
    }
  })

  test('offers each of its entries', async () => {
    const names = ['tinker', 'tinker/archives', 'tinker/node', 'tokenizers'].map((name) => `tunegraph/${name}`)
    const script = `for (const name of ${JSON.stringify(names)}) console.log(Object.keys(await import(name)).length)`
    await writeFile(join(folder, 'all.js'), script)
    const { stdout } = await run('node', ['all.js'], { cwd: folder })
    const counts = stdout.trim().split('\n').map(Number)
    expect(counts).toHaveLength(names.length)
    expect(Math.min(...counts)).toBeGreaterThan(2)
  }, 60_000)

  test(`costs a page at most ${CLIENT_KB} kB gz, and asks for nothing of Node`, async () => {
    const client = await bundle(`export { ServiceClient } from 'tunegraph/tinker'`)
    const kb = kbOf(client)
    const whole = kbOf({ text: client.text + client.lazy })
    console.log(`  client: ${kb.toFixed(1)} kB gz, with all that is loaded on use ${whole.toFixed(1)}`)
    expect(kb).toBeLessThanOrEqual(CLIENT_KB)
    expect(/(from|import)\s*\(?['"`]node:/.test(client.text)).toBe(false)
    expect(/\b(document|window)\./.test(client.text)).toBe(false)
  }, 120_000)

  test('gives only what is asked for', async () => {
    const one = await bundle(`export { parseCheckpointPath } from 'tunegraph/tinker'`)
    expect(kbOf(one)).toBeLessThan(2)
    expect(one.text.includes('retrieve_future')).toBe(false)
    const error = await bundle(`export { TinkerError } from 'tunegraph/tinker'`)
    expect(kbOf(error)).toBeLessThan(2)
  }, 120_000)

  test('has types for programs without a DOM and for both resolutions of modules', async () => {
    await mkdir(join(folder, 'node_modules', '@types'), { recursive: true })
    await symlink(join(ROOT, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
    await symlink(join(ROOT, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types')).catch(() => {})
    await writeFile(
      join(folder, 'typed.ts'),
      `import { ServiceClient, TinkerError } from 'tunegraph/tinker'
       import type { ApiFuture, Failure } from 'tunegraph/tinker'
       import { memorySink } from 'tunegraph/tinker/archives'
       import { configForNode } from 'tunegraph/tinker/node'
       import { tokenizerRepository } from 'tunegraph/tokenizers'
       const service = new ServiceClient({ baseUrl: 'http://127.0.0.1' })
       const failure: Failure = new TinkerError({ kind: 'offline', message: '' }).failure
       // @ts-expect-error: a future cannot be awaited for its result
       const wrong: Promise<number> = null as unknown as ApiFuture<number>
       console.log(service.closed, failure.kind, memorySink, configForNode, tokenizerRepository('a/b'), wrong)`,
    )
    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const options = [
        '--noEmit',
        '--strict',
        '--lib',
        'ES2023',
        '--types',
        'node',
        '--skipLibCheck',
        '--target',
        'es2023',
      ]
      const args = [...options, '--module', module, '--moduleResolution', resolution, 'typed.ts']
      const told = await run('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], { cwd: folder }).then(
        () => '',
        (error: { stdout?: string }) => error.stdout ?? String(error),
      )
      expect(told).toBe('')
    }
  }, 120_000)
})
