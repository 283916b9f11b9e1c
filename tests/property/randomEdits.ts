/** Seeded random edits of documents, as a hand or a broken program would make them. The seed alone repeats a failure. */
import type { Json } from '#src/base/canonicalJson.ts'
import type { EdgeId, IdSource, NodeId } from '#src/base/ids.ts'
import { countingIds } from '#src/base/ids.ts'
import type { Rng } from '#src/base/rng.ts'
import { sha256Hex } from '#src/base/sha256.ts'
import { copyText, parseFragment, paste } from '#src/graph/fragment.ts'
import type { GraphDoc, NodeRec, PortRef } from '#src/graph/model.ts'
import * as ops from '#src/graph/ops.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { lensOf } from '#src/kinds/lens.ts'
import { newNode } from '#src/kinds/newNode.ts'
import type { Registry } from '#src/kinds/registry.ts'

export type Edit = { readonly name: string; apply(draft: ops.DraftDoc): void }

const TITLES = ['', 'SFT', 'Base', '“x”\n', 'ü 🦆', '   ']
const ODD: readonly Json[] = [null, true, -1, 0, 1e9, 0.5, '', 'x', '(', [], {}, { type: 'auto' }, { type: 'asset' }]
const SETS = ['pig-latin-sft', 'pig-latin-prompts', 'pig-latin-heldout', 'no-such-set']

export function randomEdits(rng: Rng, registry: Registry): { next(doc: GraphDoc): Edit } {
  const ids = countingIds()
  const lens = lensOf(registry)
  const pick = <T>(items: readonly T[]): T | undefined => items[rng.int(items.length)]
  const anyNode = (doc: GraphDoc): NodeRec | undefined => pick(Object.values(doc.nodes))
  const anyPort = (doc: GraphDoc): PortRef => {
    const node = anyNode(doc)
    const port = node && pick(lens.ports(node) ?? [])
    return { node: node?.id ?? ('nobody' as NodeId), port: rng.next() < 0.05 ? 'constructor' : (port?.key ?? 'none') }
  }
  const place = (): ops.Point => ({ x: rng.int(2000) - 1000, y: rng.next() < 0.1 ? -0 : rng.int(1000) })

  const edits: readonly ((doc: GraphDoc) => Edit)[] = [
    () => ({ name: 'add', apply: addOf(rng, registry, ids, place()) }),
    () => ({ name: 'add', apply: addOf(rng, registry, ids, place()) }),
    (doc) => {
      const chosen = Object.keys(doc.nodes).filter(() => rng.next() < 0.15) as NodeId[]
      return { name: 'remove', apply: (d) => ops.removeNodes(d, chosen) }
    },
    (doc) => {
      const moves = Object.values(doc.nodes).map((node) => [node.id, place()] as const)
      return { name: 'move', apply: (d) => ops.moveNodes(d, moves) }
    },
    ...Array.from({ length: 5 }, () => (doc: GraphDoc): Edit => {
      const [a, b] = fittingPorts(rng, doc, lens, anyPort)
      return {
        name: `connect ${a.node}.${a.port} ${b.node}.${b.port}`,
        apply: (d) => void ops.connect(d, lens, ids('e'), a, b),
      }
    }),
    (doc) => {
      // A wire that the checker would refuse, as a file may bring it.
      const edge = { id: ids('e') as EdgeId, from: anyPort(doc), to: anyPort(doc) }
      const ends = [edge.from.node, edge.to.node].every((id) => Object.hasOwn(doc.nodes, id))
      return { name: 'odd wire', apply: (d) => void (ends && (d.edges[edge.id] = edge as never)) }
    },
    (doc) => {
      const edge = pick(Object.values(doc.edges))
      return { name: 'disconnect', apply: (d) => ops.disconnect(d, edge ? [edge.id] : []) }
    },
    ...Array.from({ length: 4 }, () => (doc: GraphDoc): Edit => {
      const node = anyNode(doc)
      const field = pick(registry.get(node?.kind ?? '')?.fields ?? [])
      const value = field && rng.next() < 0.8 ? fittingValue(rng, field) : pick(ODD)!
      const key = field?.key ?? 'unknown'
      return {
        name: `set ${key} ${JSON.stringify(value)}`,
        apply: (d) => void (node && ops.setParam(d, node.id, key, value)),
      }
    }),
    (doc) => {
      const node = anyNode(doc)
      const title = pick(TITLES)!
      return { name: 'rename', apply: (d) => void (node && ops.renameNode(d, node.id, title)) }
    },
    () => ({ name: 'title', apply: (d) => ops.setTitle(d, pick(TITLES)!) }),
    (doc) => {
      const node = anyNode(doc)
      const text = `{"prompt":"${rng.int(3)}"}\n`
      const asset = { id: sha256Hex(text) as never, name: 'mine.jsonl', mediaType: 'application/jsonl', text }
      const source = { type: 'asset', asset: asset.id, name: asset.name, format: 'jsonl' }
      return {
        name: 'file',
        apply(d) {
          ops.addAsset(d, asset)
          if (node?.kind === 'dataset') ops.setParam(d, node.id, 'source', source)
        },
      }
    },
    () => ({ name: 'prune', apply: (d) => void ops.pruneAssets(d) }),
    (doc) => {
      const chosen = Object.keys(doc.nodes).filter(() => rng.next() < 0.3) as NodeId[]
      const fragment = parseFragment(copyText(doc, chosen))
      const by = place()
      return { name: 'paste', apply: (d) => void (fragment.ok && paste(d, fragment.value.fragment, ids, by)) }
    },
    (doc) => {
      const node = anyNode(doc)
      const version = rng.int(4)
      return { name: 'version', apply: (d) => void (node && version > 0 && (d.nodes[node.id]!.kindVersion = version)) }
    },
  ]
  return { next: (doc) => pick(edits)!(doc) }
}

function addOf(rng: Rng, registry: Registry, ids: IdSource, at: ops.Point): Edit['apply'] {
  const id = ids('n') as NodeId
  const kind = registry.all[rng.int(registry.all.length)]!
  const node = newNode(kind, id, at)
  const stranger: NodeRec = { ...node, kind: 'stranger', params: { deep: [{ kept: true }] } }
  const made = rng.next() < 0.07 ? stranger : node
  return (draft) => void ops.addNode(draft, made)
}

/** Mostly two ports of one type, so that drawings grow; else any two. */
function fittingPorts(
  rng: Rng,
  doc: GraphDoc,
  lens: ReturnType<typeof lensOf>,
  anyPort: (doc: GraphDoc) => PortRef,
): readonly [PortRef, PortRef] {
  const from = anyPort(doc)
  if (rng.next() < 0.2) return [from, anyPort(doc)]
  const ports = Object.values(doc.nodes).flatMap((node) =>
    (lens.ports(node) ?? []).map((port) => ({ node: node.id, port })),
  )
  const own = ports.find((p) => p.node === from.node && p.port.key === from.port)?.port
  const fits = ports.filter((p) => own && p.port.type === own.type && p.port.direction !== own.direction)
  const chosen = fits[rng.int(fits.length)]
  return [from, chosen ? { node: chosen.node, port: chosen.port.key } : anyPort(doc)]
}

function fittingValue(rng: Rng, { control }: FieldSpec): Json {
  switch (control.type) {
    case 'number': {
      const small = control.min + rng.next() * Math.min(control.max - control.min, 40)
      return control.integer ? Math.floor(small) : small + 0
    }
    case 'select':
      return control.options[rng.int(control.options.length)]!.value
    case 'choice':
      return control.options[rng.int(control.options.length)]!
    case 'switch':
      return rng.next() < 0.5
    case 'text':
      return ['a', 'b', '^(.+)$', 'i', ''][rng.int(5)]!
    case 'model':
      return ['tunegraph/tiny-1m', 'other/model'][rng.int(2)]!
    case 'dataset':
      return { type: 'builtin', name: SETS[rng.int(SETS.length)]! }
    case 'mapping':
      return [{ type: 'auto' }, { type: 'messages', messages: 'm' }][rng.int(2)]!
  }
}
