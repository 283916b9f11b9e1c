import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import type { Params } from '#src/graph/model.ts'
import type { NodeId } from '#src/base/ids.ts'
import { ROOT, sourceFiles } from './sourceFiles.ts'
import type { SourceFile } from './sourceFiles.ts'

const folders = readdirSync(join(ROOT, 'nodes'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
  .map((entry) => entry.name)
const registry = createDefaultRegistry()
const files = sourceFiles('src', 'nodes')
const PORT_TYPES = ['dataset', 'policy', 'reward', 'scores']

describe('the folder nodes/', () => {
  test('gives exactly the registry: one kind per folder, called like the folder', () => {
    expect(registry.all.map((k) => k.kind).sort()).toEqual([...folders].sort())
  })
})

test('every kind has an icon of its own', () => {
  const icons = registry.all.map((k) => k.icon)
  expect(new Set(icons).size).toBe(icons.length)
})

describe.each(folders)('the kind %s', (folder) => {
  const kind = registry.get(folder)!

  test('has params, lowering, help and tests of its own', () => {
    for (const name of ['index.ts', 'params.ts', 'lower.ts', 'help.md']) {
      expect(existsSync(join(ROOT, 'nodes', folder, name)), `nodes/${folder}/${name}`).toBe(true)
    }
    expect(readdirSync(join(ROOT, 'nodes', folder)).some((name) => name.endsWith('.test.ts'))).toBe(true)
  })

  test('parses its own defaults', () => {
    const parsed = kind.parse(kind.defaults as Params, { on: 'node', node: 'n_1' as NodeId })
    expect(parsed).toEqual({ ok: true, value: kind.defaults })
  })

  test('edits every param that has a default, each with help, and nothing else', () => {
    const keys = Object.keys(kind.defaults)
    for (const field of kind.fields) {
      expect(keys).toContain(field.key)
      expect(field.help.length, `help of ${field.key}`).toBeGreaterThan(10)
    }
  })

  test('has ports of known types with unique keys and help', () => {
    const ports = kind.ports(kind.defaults)
    expect(new Set(ports.map((p) => p.key)).size).toBe(ports.length)
    for (const port of ports) {
      expect(PORT_TYPES).toContain(port.type)
      expect(port.help.length).toBeGreaterThan(5)
    }
  })

  test('numbers its migrations from 1 without a gap', () => {
    expect(kind.migrations.map((m) => m.id)).toEqual(kind.migrations.map((_, i) => `${folder}/${i + 1}`))
    expect(kind.version).toBe(kind.migrations.length + 1)
  })

  test('loads in a worker: its index reaches no React', () => {
    expect(reachesReact(`nodes/${folder}/index.ts`)).toEqual([])
  })
})

function reachesReact(start: string): string[] {
  const byPath = new Map<string, SourceFile>(files.map((f) => [f.path, f]))
  const seen = new Set<string>()
  const queue = [start]
  const found: string[] = []
  while (queue.length > 0) {
    const path = queue.pop()!
    if (seen.has(path)) continue
    seen.add(path)
    for (const { target, external, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue
      if (external && /^(react|react-dom|@xyflow\/react)$/.test(target)) found.push(`${path} → ${target}`)
      else if (!external) queue.push(target)
    }
  }
  return found
}
