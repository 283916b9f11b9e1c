import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sourceFiles } from './sourceFiles.ts'

const LIMIT = 400
const files = sourceFiles('src', 'nodes', 'worker', 'server', 'cli', 'tests', 'bench', 'scripts').filter(
  (f) => !f.path.endsWith('.generated.ts'),
)

describe('source files', () => {
  test(`stay under ${LIMIT} lines`, () => {
    const long = files.filter((f) => f.text.split('\n').length > LIMIT).map((f) => f.path)
    expect(long).toEqual([])
  })

  test('are named for their subject', () => {
    const vague = /^(utils?|helpers?|misc|common|stuff|types)\.tsx?$/
    expect(files.filter((f) => vague.test(basename(f.path))).map((f) => f.path)).toEqual([])
  })

  test('hold no `any`, no suppressed checks and no skipped tests', () => {
    const banned = [/@ts-(ignore|nocheck)/, /\b(test|it|describe)\.(skip|only)\(/, /\bas any\b|: any\b/]
    const found = files
      .filter((f) => f.path !== 'tests/arch/files.test.ts')
      .flatMap((f) => banned.filter((b) => b.test(f.text)).map((b) => `${f.path}: ${b}`))
    expect(found).toEqual([])
  })
})
