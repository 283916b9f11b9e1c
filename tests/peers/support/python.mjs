/** Python virtual environments under `.cache/peers/NAME`, made once. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE } from './folders.mjs'
import { seconds } from './tally.mjs'

/** Name of TuFT's environment. */
export const TUFT = 'tuft-0.2.2'

/** An environment with the official SDK of one version; null when it cannot be had. */
export function sdkPython(version) {
  return environment(version, [[`tinker==${version}`]])
}

/** Where another peer has brought PyTorch along, which is too large to install for one loss; empty when none has. */
export function torchFolder() {
  const lib = join(CACHE, TUFT, 'lib')
  if (!existsSync(join(CACHE, TUFT, 'ready'))) return ''
  return join(lib, readdirSync(lib)[0], 'site-packages')
}

/**
 * Path of the interpreter of an environment into which each list of arguments was given to `pip install`, in turn; null,
 * with the reason on stderr, when that fails. What was installed with other arguments is made anew.
 */
export function environment(name, installs) {
  const folder = join(CACHE, name)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const ready = join(folder, 'ready')
  const wanted = JSON.stringify(installs)
  if (existsSync(ready) && ['', wanted].includes(readFileSync(ready, 'utf8'))) return python
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log(`installing ${installs.flat().find((arg) => !arg.startsWith('-'))} into .cache/peers/${name} …`)
  const from = Date.now()
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  const steps = [['python3', ['-m', 'venv', folder]], ...installs.map((args) => [python, [...pip, ...args]])]
  for (const [command, args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status === 0) continue
    console.error(`cannot prepare Python for ${name}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
    return null
  }
  writeFileSync(ready, wanted)
  console.log(`  ${seconds(from)}`)
  return python
}
