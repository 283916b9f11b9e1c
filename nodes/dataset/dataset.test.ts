import { describe, expect, test } from 'vitest'
import { sha256Hex } from '#src/base/sha256.ts'
import { compile } from '#src/compiler/compile.ts'
import { edit } from '#src/graph/change.ts'
import type { AssetId, NodeId } from '#src/base/ids.ts'
import { addAsset, setParams } from '#src/graph/ops.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import { builtin, factsOf, rowFacts } from '../../tests/support/facts.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, pipeline, registry } from '../../tests/support/pipeline.ts'

const mapping = { type: 'prompt', prompt: 'q', answer: 'a', system: null } as const
const mapped = datasetKey({ source: builtin('pig-latin-sft').source, mapping })
const all = {
  ...facts,
  datasets: {
    ...facts.datasets,
    [mapped]: rowFacts({ rows: 360, columns: ['q', 'a'], mapping, fingerprint: 'a'.repeat(64) }),
  },
}
const others = { 'pig-latin-prompts': { rows: 600 }, 'pig-latin-heldout': { rows: 256 } }
const row = {
  code: 'DA8009',
  severity: 'error',
  message: 'Line 3 is not JSON.',
  at: { on: 'row', source: 'x', line: 3 },
} as const

testKind({
  kind: 'dataset',
  node: 'rows',
  facts: all,
  changes: {
    source: { type: 'builtin', name: 'pig-latin-prompts' },
    mapping,
    systemPrompt: 'Speak Pig Latin.',
    heldoutRows: 41,
    splitSeed: 1,
    limit: 100,
  },
  refused: [
    [{ source: 'x' }, 'Rows must be a built-in set or a file of this document: expected Object, got "x".'],
    [
      { source: { type: 'builtin', name: '../etc' } },
      'Rows must be a built-in set or a file of this document: name: expected ("pig-latin-sft" | "pig-latin-prompts" | "pig-latin-heldout"), got "../etc".',
    ],
    [
      { source: { type: 'asset', asset: 'abc', name: 'x', format: 'jsonl' } },
      'Rows must be a built-in set or a file of this document: asset: expected /^[0-9a-f]{64}$/, got "abc".',
    ],
    [
      { mapping: { type: 'prompt', prompt: 'q' } },
      'Columns must be automatic, a messages column, or prompt and answer columns: answer: expected "answer", got undefined.',
    ],
    [{ systemPrompt: null }, 'System prompt must be text of at most 20000 characters, not null.'],
    [{ heldoutRows: 1.5 }, 'Held-out rows must be a whole number from 0 to 1000000 rows, not 1.5.'],
    [{ limit: -1 }, 'Use at most must be a whole number from 0 to 10000000 rows, not -1.'],
  ],
  diagnosed: {
    KD2201: {
      facts: {
        ...facts,
        ...factsOf({ ...others, 'pig-latin-sft': { mapping: null, usable: 0, columns: ['x', 'y'] } }),
      },
    },
    KD2202: {
      facts: { ...facts, ...factsOf({ ...others, 'pig-latin-sft': { rows: 360, usable: 350, diagnostics: [row] } }) },
    },
    KD2203: {
      facts: { ...facts, ...factsOf({ ...others, 'pig-latin-sft': { rows: 3, usable: 0, diagnostics: [row] } }) },
    },
    KD2204: { params: { heldoutRows: 360 } },
    DA8009: {
      facts: { ...facts, ...factsOf({ ...others, 'pig-latin-sft': { rows: 360, usable: 350, diagnostics: [row] } }) },
    },
  },
  golden: (plan) => plan.stages.flatMap((s) => (s.mode === 'sft' ? [s.dataset, s.heldout] : [])),
})

describe('a file of the document', () => {
  const asset = { id: sha256Hex('{}') as AssetId, name: 'mine.jsonl', mediaType: 'application/jsonl', text: '{}' }
  const source = { type: 'asset', asset: asset.id, name: asset.name, format: 'jsonl' } as const
  const key = datasetKey({ source, mapping: { type: 'auto' } })
  const known = { ...facts, datasets: { ...facts.datasets, [key]: rowFacts({ rows: 360 }) } }
  const withFile = edit(pipeline(), (d) => {
    addAsset(d, asset)
    setParams(d, 'rows' as NodeId, { source })
  }).doc

  test('is named by the plan and hashed by its rows, not by its name', () => {
    const renamed = edit(
      withFile,
      (d) => void setParams(d, 'rows' as NodeId, { source: { ...source, name: 'b.jsonl' } }),
    ).doc
    const [a, b] = [withFile, renamed].map((doc) => compile(doc, registry, known).plan!)
    expect(a!.stages[0]!.dataset.source).toEqual(source)
    expect(a!.hash).toBe(b!.hash)
  })
  test('that is not in the document is an error, not an endless wait', () => {
    const lost = edit(withFile, (d) => void delete d.assets[asset.id]).doc
    const { diagnostics, pending } = compile(lost, registry, known)
    expect(diagnostics.map((d) => d.code)).toEqual(['CM3102'])
    expect(pending).toBe(false)
  })
})
