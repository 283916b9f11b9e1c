/**
 * `npm run bench -- NAME [--json]`: runs one bench (a folder of bench/) or all. Each ends with one line, a JSON array of
 * {name, value, goal, holds}; ratios are against a peer or a yardstick measured in the same run.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const folder = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const args = process.argv.slice(2)
const json = args.includes('--json')
const wanted = args.filter((arg) => !arg.startsWith('--'))
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no bench called ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}

// Before vite, which would set it to development, for the pages that benches build as well: people run production builds.
process.env.NODE_ENV = 'production'
const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, watch: null },
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  resolve: {
    alias: Object.fromEntries(['src', 'nodes', 'worker', 'server', 'cli'].map((r) => [`#${r}`, `${root}${r}`])),
  },
})
let held = true
try {
  for (const name of wanted.length > 0 ? wanted : names) {
    if (!json) console.log(`— ${name}`)
    const { bench } = await server.ssrLoadModule(`/bench/${name}/index.ts`)
    const rows = await bench({ log: json ? () => {} : console.log })
    if (!json) console.table(rows)
    console.log(JSON.stringify(rows))
    held &&= rows.every((row) => row.holds || row.gate === false)
  }
} finally {
  await server.close()
}
process.exit(held ? 0 : 1)
