/** Live bodies of cards by kind, each a chunk of its own. Adding `nodes/<kind>/body.tsx` is all it takes. */
import { lazy } from 'react'
import type { NodeBody, ShellSlots } from '#src/ui/shell/slots.ts'

const modules = import.meta.glob<{ readonly default: NodeBody }>('../../nodes/*/body.tsx')

export const bodies: ShellSlots['bodies'] = Object.fromEntries(
  Object.entries(modules).map(([path, load]) => [/nodes\/([^/]+)\/body/.exec(path)![1]!, lazy(load)]),
)
