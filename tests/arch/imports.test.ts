import { describe, expect, test } from 'vitest'
import { ROOMS, roomOf, violations } from './rooms.ts'
import { sourceFiles } from './sourceFiles.ts'
import type { SourceFile } from './sourceFiles.ts'

const files = sourceFiles('src', 'nodes', 'worker', 'server', 'cli')

describe('the import matrix', () => {
  test('is respected by every source file', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(violations(files)).toEqual([])
  })

  test('knows the room of every source file', () => {
    expect(files.filter((f) => roomOf(f.path) === null).map((f) => f.path)).toEqual([])
    expect(Object.keys(ROOMS).length).toBeGreaterThan(20)
  })

  test('reports a deliberate violation of each sort, so that it is no silent no-op', () => {
    expect(violations([fake('src/graph/x.ts', 'src/store/doc.ts')])).toHaveLength(1)
    expect(violations([fake('src/backend/x.ts', 'src/tinker/futures.ts')])).toHaveLength(1)
    expect(violations([fake('src/backend/x.ts', 'src/tinker/wire/json.ts')])).toHaveLength(0)
    expect(violations([fake('nodes/model/lower.ts', 'nodes/dataset/params.ts')])).toHaveLength(1)
    expect(violations([vendor('src/ui/inspector/x.tsx', '@xyflow/react')])).toHaveLength(1)
    expect(violations([vendor('src/ui/canvas/x.tsx', '@xyflow/react')])).toHaveLength(0)
  })
})

function fake(path: string, target: string): SourceFile {
  return { path, text: '', imports: [{ specifier: target, target, typeOnly: false, external: false }] }
}

function vendor(path: string, name: string): SourceFile {
  return { path, text: '', imports: [{ specifier: name, target: name, typeOnly: false, external: true }] }
}
