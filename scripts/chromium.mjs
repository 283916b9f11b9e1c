/** Finds a Chromium, or installs one: CHROMIUM_PATH, the usual places, Playwright's own, then apt (as root) or Playwright's download. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** @returns {Promise<string>} path of an executable @throws Error saying what to install */
export async function chromiumPath() {
  const found = find() ?? (await playwrightOwn())
  if (found) return found
  install()
  const installed = find() ?? (await playwrightOwn())
  if (!installed) throw new Error('No Chromium found. Install one and set CHROMIUM_PATH to its executable.')
  return installed
}

function find() {
  return PLACES.find((path) => path && existsSync(path))
}

async function playwrightOwn() {
  const { chromium } = await import('playwright')
  const path = chromium.executablePath()
  return path && existsSync(path) ? path : undefined
}

function install() {
  const root = process.getuid?.() === 0
  if (process.platform === 'linux' && root && spawnSync('apt-get', ['--version']).status === 0) {
    console.error('Installing chromium with apt …')
    execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] })
    execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    return
  }
  console.error('Installing chromium with Playwright …')
  spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await chromiumPath())
