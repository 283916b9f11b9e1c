/** Where in a pattern an answer can stand. */
import type { RegexNode } from './syntax.ts'

/** What an answer stands for: a node, or of a sequence the items `from` to `to`. */
export type Hole = { readonly node: RegexNode; readonly range?: readonly [from: number, to: number] }

type GroupNode = Extract<RegexNode, { type: 'group' }>
type CharacterNode = Extract<RegexNode, { type: 'character' }>

export type Links = {
  readonly root: RegexNode
  /** Every node, those around others first. */
  readonly nodes: readonly RegexNode[]
  /** In the order of their numbers. */
  readonly groups: readonly { readonly node: RegexNode; readonly index: number }[]
  readonly hasLooks: boolean
  readonly hasChoices: boolean
  /** A node and all that it stands in. */
  around(node: RegexNode): ReadonlySet<RegexNode>
}

export function linked(root: RegexNode): Links {
  const parents = new Map<RegexNode, RegexNode>()
  const nodes: RegexNode[] = []
  const visit = (node: RegexNode): void => {
    nodes.push(node)
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      visit(child)
    }
  }
  visit(root)
  const groups = nodes.filter((node): node is GroupNode => node.type === 'group')
  return {
    root,
    nodes,
    groups: groups.map((node) => ({ node, index: node.index })).sort((a, b) => a.index - b.index),
    hasLooks: nodes.some((node) => node.type === 'look' && !node.negative),
    hasChoices: nodes.some((node) => node.type === 'choice'),
    around(node) {
      const found = new Set<RegexNode>()
      for (let at: RegexNode | undefined = node; at; at = parents.get(at)) found.add(at)
      return found
    },
  }
}

export function childrenOf(node: RegexNode): readonly RegexNode[] {
  switch (node.type) {
    case 'sequence':
      return node.items
    case 'choice':
      return node.options
    case 'repeat':
    case 'group':
    case 'look':
      return [node.item]
    default:
      return []
  }
}

const MOST_GROUPS = 6
const MOST_RUNS = 24

/** Groups, then stretches that more than one text could stand for: long ones first, and the later before the earlier, as answers come last. */
export function holesOf({ nodes, groups }: Links, isFixed: (node: CharacterNode) => boolean): readonly Hole[] {
  const isOpen = (node: RegexNode): boolean => {
    if (node.type === 'character') return !isFixed(node)
    return node.type !== 'look' && childrenOf(node).some(isOpen)
  }
  const own = groups.slice(-MOST_GROUPS).reverse()
  const runs: Hole[] = []
  for (const node of nodes) {
    if (runs.length >= MOST_RUNS) break
    if (node.type === 'sequence') runs.push(...runsOf(node, node.items.map(isOpen)))
    else if ((node.type === 'repeat' || node.type === 'character') && isOpen(node)) runs.push({ node })
  }
  return [...own.map(({ node }) => ({ node })), ...runs.slice(0, MOST_RUNS)]
}

function runsOf(node: RegexNode, open: readonly boolean[]): Hole[] {
  const from = open.flatMap((is, i) => (is && !open[i - 1] ? [i] : [])).slice(-5)
  const to = open.flatMap((is, i) => (is && !open[i + 1] ? [i] : [])).slice(-5)
  const found: Hole[] = []
  for (let more = from.length - 1; more >= 0; more--) {
    for (let first = from.length - 1 - more; first >= 0; first--) {
      found.push({ node, range: [from[first]!, to[first + more]!] })
    }
  }
  return found
}
