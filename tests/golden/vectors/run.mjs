/**
 * `npm run vectors -- FILE`: runs a file of input-to-output vectors and ends with `N passed, N failed`; exit code 1 when
 * one failed. Without FILE it runs the shared one. Plain Node has no TypeScript, so the modules load through vite.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const [given = `${root}tests/golden/vectors.json`] = process.argv.slice(2)
let vectors
try {
  vectors = JSON.parse(readFileSync(resolve(given), 'utf8'))
} catch (error) {
  console.error(`${given} cannot be read: ${error.message}`)
  process.exit(2)
}

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
let failed = true
try {
  const { runVectors } = await server.ssrLoadModule('/tests/golden/vectors/runVectors.ts')
  failed = (await runVectors(vectors, console.log)).failed > 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  await server.close()
}
process.exit(failed ? 1 : 0)
