/** What fills the shell. Panels that are not needed for the first picture are chunks of their own. */
import { Activity, MessagesSquare, TriangleAlert } from 'lucide-react'
import { lazy } from 'react'
import { ProblemsBadge } from '#src/ui/problems/ProblemsBadge.tsx'
import { BackendChip } from '#src/ui/runs/BackendChip.tsx'
import type { ShellSlots } from '#src/ui/shell/slots.ts'
import { bodies } from './bodies.ts'
import { afterFirstPicture } from './firstPicture.ts'

export const slots: ShellSlots = {
  inspector: lazy(afterFirstPicture(() => import('#src/ui/inspector/Inspector.tsx'))),
  dock: [
    {
      id: 'run',
      title: 'Run',
      icon: Activity,
      panel: lazy(afterFirstPicture(() => import('#src/ui/runs/RunPanel.tsx'))),
    },
    {
      id: 'problems',
      title: 'Problems',
      icon: TriangleAlert,
      panel: lazy(afterFirstPicture(() => import('#src/ui/problems/ProblemsPanel.tsx'))),
      badge: ProblemsBadge,
    },
    {
      id: 'playground',
      title: 'Playground',
      icon: MessagesSquare,
      panel: lazy(() => import('#src/ui/playground/PlaygroundPanel.tsx')),
    },
  ],
  dialogs: {
    documents: lazy(() => import('#src/ui/shell/DocumentsDialog.tsx')),
    deleteDocument: lazy(() => import('#src/ui/shell/DeleteDocumentDialog.tsx')),
    rows: lazy(() => import('#src/ui/dialogs/RowsDialog.tsx')),
    plan: lazy(() => import('#src/ui/plan/PlanDialog.tsx')),
    prices: lazy(() => import('#src/ui/plan/PricesDialog.tsx')),
    lineage: lazy(() => import('#src/ui/plan/LineageDialog.tsx')),
    backend: lazy(() => import('#src/ui/dialogs/BackendDialog.tsx')),
  },
  backend: BackendChip,
  bodies,
  help: async (kind) => (await import('./helps.ts')).help(kind),
}
