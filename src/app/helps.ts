/** What each kind of node is for, in its own words: `nodes/<kind>/help.md`, loaded when it is asked for. */
import type { ShellSlots } from '#src/ui/shell/slots.ts'

const texts = import.meta.glob<string>('../../nodes/*/help.md', { query: '?raw', import: 'default' })

export const helps: ShellSlots['helps'] = Object.fromEntries(
  Object.entries(texts).map(([path, load]) => [/nodes\/([^/]+)\/help/.exec(path)![1]!, load]),
)
