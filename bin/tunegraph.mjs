#!/usr/bin/env node
/** Starts Tunegraph's command line; builds it first when it is missing or older than its sources. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'dist/node/main.js')

/** What the bundle is made of; a published package has no sources and is never rebuilt. */
const ROOMS = ['base', 'graph', 'kinds', 'ir', 'compiler', 'tinker', 'data', 'rewards', 'training', 'backend']
const SOURCES = [...ROOMS.map((room) => `src/${room}`), 'nodes', 'server', 'cli', 'models', 'package-lock.json']

if (isStale()) {
  process.stderr.write('Building Tunegraph …\n')
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), 'node'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (build.status !== 0) {
    process.stderr.write('The build failed; run "npm install" and try again.\n')
    process.exit(1)
  }
}

const { main } = await import(pathToFileURL(built).href)
const code = await main(process.argv.slice(2))
// Whatever was written must arrive before open handles are cut off.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))

function isStale() {
  if (!existsSync(built)) return true
  const builtAt = statSync(built).mtimeMs
  return SOURCES.some((source) => newest(join(root, source)) > builtAt)
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}
