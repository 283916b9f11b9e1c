/** Prints a conversation as a table, and holds one with the embedded backend. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTunegraph } from '../support/serve.mjs'
import { withTypeScript } from '../support/typescript.mjs'

const SIGNS = { works: 'works', lacks: 'lacks it', failed: 'FAILED', 'not tried': 'not tried' }

/** The table of one server. `mayLack`: titles of steps that a server is known not to offer; any other lack is a failure. */
export async function converseWith(target, tally, mayLack) {
  console.log(`\n— conversation with ${target.url}`)
  const rows = await withTypeScript(async (load) => {
    const { talk } = await load('/tests/peers/conversation/talk.ts')
    return talk(target, ({ step, verdict, note, ms }) => {
      const words = note.length > 90 ? `${note.slice(0, 87)}…` : note
      console.log(`  ${step.padEnd(34)} ${SIGNS[verdict].padEnd(9)} ${String(ms).padStart(6)} ms  ${words}`)
    })
  })
  for (const { step, verdict, note } of rows) {
    if (verdict === 'works') tally.passed++
    else if (verdict === 'failed') tally.failed++
    else if (mayLack === undefined || mayLack.includes(step)) tally.skipped++
    else tally.fail(step, `${verdict}: ${note}`)
  }
  const of = (verdict) => rows.filter((row) => row.verdict === verdict).length
  console.log(`  ${of('works')} work, ${of('lacks')} lacking, ${of('failed')} failed, ${of('not tried')} not tried`)
  return rows
}

/** Our own server lacks nothing. */
export async function converseWithOwn(tally) {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-talk-'))
  const server = await startTunegraph(data)
  try {
    await converseWith({ url: server.url, model: 'tunegraph/tiny-1m' }, tally, ['a wrong key is refused'])
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}
