import { defineKind } from '#src/kinds/defineKind.ts'
import { count } from '#nodes/_shared/numbers.ts'
import { contentOf, portsOf } from './content.ts'
import { groupEdits } from './edits.ts'
import { lowerGroup } from './lower.ts'
import { groupDefaults, parseGroup } from './params.ts'
import type { GroupParams } from './params.ts'

export default defineKind<GroupParams>({
  kind: 'group',
  version: 1,
  title: 'Group',
  group: 'annotate',
  icon: 'boxes',
  synonyms: ['subgraph', 'macro', 'component', 'collapse', 'nested', 'template'],
  description: 'A drawing in a card: the nodes inside work as if they lay on the canvas.',
  size: { width: 232, height: 136 },
  defaults: groupDefaults,
  parse: parseGroup,
  migrations: [],
  // What a group's card offers to edit are the promoted params of the nodes inside, which differ from group to group.
  fields: [],
  ports: portsOf,
  inside: contentOf,
  edits: groupEdits,
  lower: lowerGroup,
  summary: ({ graph, promoted }) =>
    `${count(Object.keys(graph.nodes).length, 'node')}${promoted.length > 0 ? ` · ${count(promoted.length, 'setting')}` : ''}`,
})
