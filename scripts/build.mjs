/**
 * Builds what is asked: `node scripts/build.mjs [app|node …]`, everything by default.
 * app  → dist/app   the page with its workers (vite.config.ts)
 * node → dist/node  the command line and the server, for the Node that is installed
 */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const targets = wanted.length > 0 ? wanted : ['app', 'node']

const builders = { app: buildApp, node: buildNode }

for (const target of targets) {
  if (!(target in builders)) {
    console.error(`unknown target ${target}; use ${Object.keys(builders).join(' or ')}`)
    process.exit(2)
  }
  await builders[target]()
  await mkdir(`${root}dist`, { recursive: true })
  await writeFile(`${root}dist/${target}.stamp`, new Date().toISOString())
}

async function buildApp() {
  await build({ root, logLevel: 'warn' })
}

async function buildNode() {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    resolve: {
      alias: Object.fromEntries(
        ['src', 'nodes', 'worker', 'server', 'cli'].map((room) => [`#${room}`, `${root}${room}`]),
      ),
    },
    ssr: { noExternal: /^(?!node:)/ },
    build: {
      ssr: true,
      target: 'node20',
      outDir: 'dist/node',
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: { main: `${root}cli/main.ts`, engineWorker: `${root}server/engineWorker.ts` },
        output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  })
  await cp(`${root}models`, `${root}dist/node/models`, {
    recursive: true,
    filter: (path) => !/\.(py|csv|txt)$/.test(path),
  })
}
