/** `tunegraph start` (`npm start`): builds the page if needed, serves it, prints where. Opens nothing. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { appServer } from './appServer.ts'
import { listen, LOOPBACK, untilStopped } from './httpServer.ts'
import { packageFolder } from './ownFiles.ts'
import { HOSTED, parseUpstream } from './upstreams.ts'
import type { FetchHandler, RunningServer } from './httpServer.ts'
import type { Allowed } from './upstreams.ts'

export const START_HELP = `tunegraph start [options]
Builds the page if something changed, serves it, and prints its address.

  --port N               port (default 4173; the next free one if it is taken)
  --host HOST            address to listen on (default 127.0.0.1: this machine only)
  --allow-upstream URL   a further Tinker server that the page may reach through this one; may be given several times
  --no-build             serve what was built last
`

const PORTS_TRIED = 20
const GRACE_MS = 2000
/** What the page is made from. */
const SOURCES = [
  'src',
  'nodes',
  'worker',
  'models',
  'examples',
  'public',
  'index.html',
  'vite.config.ts',
  'package.json',
]

/** Resolves with the exit code: 0 after a graceful stop, 1 when building or listening fails, 2 for wrong arguments. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${START_HELP}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(START_HELP)
    return 0
  }
  const root = packageFolder()
  const folder = join(root, 'dist', 'app')
  if (options.build && (await isStale(root)) && !(await build(root))) return 1
  if (!existsSync(join(folder, 'index.html'))) {
    process.stderr.write(`there is no built page in ${folder}; start without --no-build\n`)
    return 1
  }
  try {
    const { host, upstreams } = options
    const server = await listenNear(appServer({ folder, upstreams, host }), host, options.port)
    process.stdout.write(`Tunegraph is at ${server.url.replace('127.0.0.1', 'localhost')}\n`)
    if (!LOOPBACK.includes(host)) process.stdout.write('other machines can reach this address\n')
    await untilStopped()
    await server.stop(GRACE_MS)
    return 0
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

type StartOptions = { help: boolean; build: boolean; host: string; port: number; upstreams: Allowed[] }

function readOptions(args: readonly string[]): StartOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'allow-upstream': { type: 'string', multiple: true },
        'no-build': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const port = Number(values.port ?? 4173)
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      return `--port must be from 0 to 65535, not '${values.port}'`
    const upstreams = [HOSTED, ...(values['allow-upstream'] ?? [])].map((text) => {
      const parsed = parseUpstream(text)
      if (!parsed.ok) throw new Error(`--allow-upstream: ${parsed.error}`)
      return parsed.value
    })
    return {
      help: values.help ?? false,
      build: !values['no-build'],
      host: values.host ?? '127.0.0.1',
      port,
      upstreams,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** On the port asked for, or on the next ones where it is taken. */
async function listenNear(fetch: FetchHandler, host: string, port: number): Promise<RunningServer> {
  for (let i = 0; ; i++) {
    try {
      return await listen(fetch, host, port === 0 ? 0 : port + i)
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!taken || i >= PORTS_TRIED) throw error
    }
  }
}

/** True when a source is newer than the last build. An installed package has no sources and is never stale. */
export async function isStale(root: string): Promise<boolean> {
  if (!existsSync(join(root, 'scripts', 'build.mjs'))) return false
  const built = await stat(join(root, 'dist', 'app.stamp')).catch(() => null)
  if (built === null) return true
  const newest = await Promise.all(SOURCES.map((source) => newestChange(join(root, source))))
  return Math.max(...newest) > built.mtimeMs
}

async function newestChange(path: string): Promise<number> {
  const info = await stat(path).catch(() => null)
  if (info === null) return 0
  if (!info.isDirectory()) return info.mtimeMs
  const entries = await readdir(path, { withFileTypes: true })
  const kept = entries.filter(
    (e) => !e.name.endsWith('.test.ts') && !e.name.startsWith('.') && e.name !== '__pycache__',
  )
  return Math.max(info.mtimeMs, ...(await Promise.all(kept.map((e) => newestChange(join(path, e.name))))))
}

async function build(root: string): Promise<boolean> {
  process.stdout.write('building the page (once, and after changes) …\n')
  const child = spawn(process.execPath, [join('scripts', 'build.mjs'), 'app'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (status) => resolve(status ?? 1))
  })
  if (code !== 0) process.stderr.write('the build failed\n')
  return code === 0
}
