/**
 * The peers: `node tests/peers/run.mjs [sdk|oracle|conversation|tuft|peft|cookbook …] [--sdk VERSION]… [--optional] [FILE.py…]` starts and
 * drives those that can be installed; `--url URL --model NAME [--key KEY]` holds the whole conversation with any server.
 * Ends with `N passed, N failed`; exit code 1 if anything failed, 2 if Python or the SDK cannot be had (0 with --optional).
 */
import { parseArgs } from 'node:util'
import { seconds, Tally } from './support/tally.mjs'

/** The oldest version that speaks protobuf only, and the newest one known to pass. */
const VERSIONS = ['0.25.0', '0.38.0']
const PARTS = ['sdk', 'oracle', 'conversation', 'tuft', 'peft', 'cookbook']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sdk: { type: 'string', multiple: true },
    optional: { type: 'boolean' },
    url: { type: 'string' },
    model: { type: 'string' },
    key: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
})
const scripts = positionals.filter((word) => word.endsWith('.py'))
const named = positionals.filter((word) => PARTS.includes(word))
const parts = scripts.length > 0 && named.length === 0 ? ['sdk'] : named.length > 0 ? named : PARTS
const versions = values.sdk ?? VERSIONS
const tally = new Tally()
const from = Date.now()
let missing = false

if (values.url !== undefined) {
  const { converseWith } = await import('./conversation/drive.mjs')
  await converseWith({ url: values.url, model: values.model, key: values.key }, tally)
} else {
  if (parts.includes('sdk')) {
    const { driveSdk } = await import('./sdk/drive.mjs')
    for (const version of versions) if (!(await driveSdk(version, tally, scripts))) missing = true
  }
  if (parts.includes('oracle')) {
    const { compareWithSdk } = await import('./oracle/drive.mjs')
    if (!(await compareWithSdk(versions, tally, values.only ?? []))) missing = true
  }
  if (parts.includes('conversation')) {
    const { converseWithOwn } = await import('./conversation/drive.mjs')
    await converseWithOwn(tally)
  }
  if (parts.includes('tuft')) {
    const { driveTuft } = await import('./tuft/drive.mjs')
    await driveTuft(tally)
  }
  if (parts.includes('peft')) {
    const { compareWithPeft } = await import('./peft/drive.mjs')
    if (!(await compareWithPeft(tally, scripts))) missing = true
  }
  if (parts.includes('cookbook')) {
    const { driveCookbook } = await import('./cookbook/drive.mjs')
    if (!(await driveCookbook(tally))) missing = true
  }
}
console.log(`\n${tally.summary()} in ${seconds(from)}`)
const nothing = tally.passed === 0 && !(missing && values.optional)
process.exit(tally.failed > 0 || nothing ? 1 : missing && !values.optional ? 2 : 0)
