/** Prints a conversation as a table, and holds one with the embedded backend. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTunegraph } from '../support/serve.mjs'
import { withTypeScript } from '../support/typescript.mjs'

const SIGNS = { works: 'works', lacks: 'lacks it', failed: 'FAILED', 'not tried': 'not tried' }

/** The table of one server. `known`: steps that it is known not to manage, with the reason; any other lack is then a failure. */
export async function converseWith(target, tally, known) {
  console.log(`\n— conversation with ${target.url}`)
  const rows = await withTypeScript(async (load) => {
    const { talk } = await load('/tests/peers/conversation/talk.ts')
    return talk(target, ({ step, verdict, note, ms }) => {
      const words = note.length > 90 ? `${note.slice(0, 87)}…` : note
      console.log(`  ${step.padEnd(34)} ${SIGNS[verdict].padEnd(9)} ${String(ms).padStart(6)} ms  ${words}`)
    })
  })
  const anyFailed = rows.some(({ verdict }) => verdict === 'failed')
  for (const { step, verdict, note } of rows) {
    const reason = known?.[step]
    if (verdict === 'works' && reason === undefined) tally.passed++
    else if (verdict === 'works') tally.fail(step, `it works now, so this is out of date: ${reason}`)
    else if (reason !== undefined) tally.skip(step, reason)
    else if (verdict === 'failed') tally.failed++
    else if (known === undefined || (verdict === 'not tried' && anyFailed)) tally.skipped++
    else tally.fail(step, `${verdict}: ${note}`)
  }
  const of = (verdict) => rows.filter((row) => row.verdict === verdict).length
  console.log(`  ${of('works')} work, ${of('lacks')} lacking, ${of('failed')} failed, ${of('not tried')} not tried`)
  return rows
}

/** Our own server lacks nothing. */
export async function converseWithOwn(tally) {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-talk-'))
  const key = 'tml-own-server'
  const server = await startTunegraph(data, { options: ['--api-key', key] })
  try {
    await converseWith({ url: server.url, model: 'tunegraph/tiny-1m', key }, tally, {})
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}
