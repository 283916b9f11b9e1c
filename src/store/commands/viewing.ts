/** The view: zoom, panels, theme, dialogs. Changes preferences and the viewport, never the document. */
import type { Editor } from '../editor.ts'
import { placeOf } from '../problems.ts'
import type { Prefs } from '../prefs.ts'
import type { Command } from './command.ts'

const toggle = (key: 'paletteOpen' | 'inspectorOpen' | 'dockOpen' | 'minimap' | 'dragPans' | 'snap') => {
  return ({ prefs }: Editor): void => void (prefs[key] = !prefs[key])
}

const NEXT_THEME: Readonly<Record<Prefs['theme'], Prefs['theme']>> = { system: 'light', light: 'dark', dark: 'system' }

export const viewingCommands: readonly Command[] = [
  {
    id: 'view.zoomIn',
    title: 'Zoom in',
    group: 'View',
    scope: 'editing',
    keys: ['+', '='],
    run: ({ viewport }) => viewport.zoomBy(1.25),
  },
  {
    id: 'view.zoomOut',
    title: 'Zoom out',
    group: 'View',
    scope: 'editing',
    keys: ['-'],
    run: ({ viewport }) => viewport.zoomBy(0.8),
  },
  {
    id: 'view.zoomFull',
    title: 'Zoom to 100 %',
    group: 'View',
    scope: 'editing',
    keys: ['0'],
    run: ({ viewport }) => viewport.zoomTo(1),
  },
  {
    id: 'view.fit',
    title: 'Fit everything',
    group: 'View',
    scope: 'editing',
    keys: ['1'],
    run: ({ viewport }) => viewport.fit(),
  },
  {
    id: 'view.fitSelection',
    title: 'Fit the selection',
    group: 'View',
    scope: 'editing',
    keys: ['2'],
    when: ({ selection }) => selection.get().nodes.size > 0 || 'No node is selected',
    run: ({ viewport, selection }) => viewport.fit([...selection.get().nodes]),
  },
  {
    id: 'view.centre',
    title: 'Centre the selection',
    group: 'View',
    scope: 'editing',
    keys: ['.'],
    when: ({ selection }) => selection.get().nodes.size > 0 || 'No node is selected',
    run: ({ viewport, selection }) => viewport.centre([...selection.get().nodes]),
  },
  {
    id: 'view.minimap',
    title: 'Show or hide the map',
    group: 'View',
    scope: 'editing',
    keys: ['Alt+M'],
    run: toggle('minimap'),
  },
  {
    id: 'view.outline',
    title: 'Switch between canvas and list view',
    group: 'View',
    scope: 'app',
    keys: ['Alt+O'],
    run({ surface }) {
      surface.state.outline = !surface.state.outline
    },
  },
  {
    id: 'view.palette',
    title: 'Show or hide the node palette',
    group: 'View',
    scope: 'app',
    keys: ['Alt+P'],
    run: toggle('paletteOpen'),
  },
  {
    id: 'view.inspector',
    title: 'Show or hide the inspector',
    group: 'View',
    scope: 'app',
    keys: ['Alt+I'],
    run: toggle('inspectorOpen'),
  },
  {
    id: 'view.dock',
    title: 'Show or hide the bottom panel',
    group: 'View',
    scope: 'app',
    keys: ['Mod+J'],
    run: toggle('dockOpen'),
  },
  {
    id: 'view.dockTab',
    title: 'Open a tab of the bottom panel',
    group: 'View',
    scope: 'app',
    keys: [],
    hidden: true,
    run({ prefs, surface }, args) {
      prefs.dockTab = String(args['tab'])
      prefs.dockOpen = true
      surface.state.drawer = 'dock'
    },
  },
  {
    id: 'view.snap',
    title: 'Snap to the grid or not',
    group: 'View',
    scope: 'editing',
    keys: [],
    run: toggle('snap'),
  },
  {
    id: 'view.dragPans',
    title: 'Dragging the canvas pans or selects',
    group: 'View',
    scope: 'editing',
    keys: [],
    run: toggle('dragPans'),
  },
  {
    id: 'view.theme',
    title: 'Change the theme (system, light, dark)',
    group: 'View',
    scope: 'app',
    keys: [],
    run({ prefs, announce }) {
      prefs.theme = NEXT_THEME[prefs.theme]
      announce.say(`Theme: ${prefs.theme}`)
    },
  },
  {
    id: 'help.commands',
    title: 'All commands…',
    group: 'Help',
    scope: 'app',
    keys: ['Mod+K'],
    run: ({ surface }) => surface.openDialog('commands'),
  },
  {
    id: 'help.shortcuts',
    title: 'Keyboard shortcuts',
    group: 'Help',
    scope: 'editing',
    keys: ['?'],
    run: ({ surface }) => surface.openDialog('shortcuts'),
  },
  {
    id: 'problem.next',
    title: 'Next problem',
    group: 'Help',
    scope: 'app',
    keys: ['F8'],
    when: ({ problems }) => problems.state.diagnostics.length > 0 || 'There are no problems',
    run: nextProblem,
  },
]

function nextProblem({ problems, surface, announce, selection }: Editor): void {
  const list = problems.state.diagnostics.filter((d) => 'node' in d.at)
  const at = (surface.state.problemAt + 1) % Math.max(1, list.length)
  const next = list[at]
  if (!next || !('node' in next.at)) return
  surface.state.problemAt = at
  const { node = next.at.node, field } = placeOf(next)
  selection.setNodes([node])
  surface.jumpTo(node, field)
  announce.say(next.message)
}
