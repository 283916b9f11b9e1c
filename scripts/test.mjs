/** `npm test`: types, lint, format, unit tests, faults, build, browser tests. Stops at the first part that fails and says which. */
import { spawnSync } from 'node:child_process'
import { chromiumPath } from './chromium.mjs'

const parts = [
  ['types', 'npm', ['run', '--silent', 'typecheck']],
  ['lint and format', 'npm', ['run', '--silent', 'lint']],
  ['unit tests', 'npx', ['vitest', 'run']],
  ['faults', 'npm', ['run', '--silent', 'test:faults']],
  ['build', 'node', ['scripts/build.mjs']],
  ['browser tests', 'npx', ['playwright', 'test']],
]

const only = process.argv.slice(2)
const started = Date.now()
for (const [name, command, args] of parts) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue
  const from = Date.now()
  console.log(`\n— ${name}`)
  const env = { ...process.env }
  if (name === 'browser tests') env.CHROMIUM_PATH = await chromiumPath()
  const { status } = spawnSync(command, args, { stdio: 'inherit', env })
  if (status !== 0) {
    console.error(`\n${name} failed`)
    process.exit(status ?? 1)
  }
  console.log(`  ${((Date.now() - from) / 1000).toFixed(1)} s`)
}
console.log(`\nall parts passed in ${((Date.now() - started) / 1000).toFixed(0)} s`)
