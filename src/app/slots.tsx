/** What fills the shell. Panels that are not needed for the first picture are chunks of their own. */
import { TriangleAlert } from 'lucide-react'
import { Inspector } from '#src/ui/inspector/Inspector.tsx'
import { ProblemsBadge, ProblemsPanel } from '#src/ui/problems/ProblemsPanel.tsx'
import type { ShellSlots } from '#src/ui/shell/slots.ts'
import { bodies } from './bodies.ts'

export const slots: ShellSlots = {
  inspector: Inspector,
  dock: [{ id: 'problems', title: 'Problems', icon: TriangleAlert, panel: ProblemsPanel, badge: ProblemsBadge }],
  dialogs: {},
  backend: null,
  bodies,
}
