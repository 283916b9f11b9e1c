/** Commands on runs. They belong to the editor's table but act on the runs of the page, so that is handed in. */
import { selectStages } from '../../ir/selection.ts'
import type { Selected, Selection } from '../../ir/selection.ts'
import { assetIdsOfPlan } from '../planAssets.ts'
import type { Editor } from '../editor.ts'
import type { Runs } from '../runs.ts'
import { shownRun } from '../runs.ts'
import type { Command, CommandArgs } from './command.ts'
import { plural } from './wording.ts'

/** What of the plan a command is about: its own word, or `to`, `from` or `only` among its arguments. */
export function selectionOf(args: CommandArgs): Selection {
  const { to, from, only } = args
  return {
    ...(typeof to === 'string' ? { to } : {}),
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof only === 'string' ? { only } : {}),
  }
}

export function runCommands(runs: Runs): readonly Command[] {
  const going = (): boolean => runs.state.activity.phase !== 'idle'
  const paused = (): boolean => shownRun(runs.state)?.phase === 'paused' && going()

  async function start(editor: Editor, selection: Selection, fresh: boolean): Promise<void> {
    const { plan } = editor.problems.flush()
    const selected = plan && selectStages(plan, selection)
    if (!selected) return
    if (!selected.ok) return editor.announce.alert(selected.error)
    const doc = editor.doc.get()
    const wanted = selected.value
    const assets = Object.fromEntries(
      assetIdsOfPlan(wanted.plan).flatMap((id) => (doc.assets[id] ? [[id, doc.assets[id].text]] : [])),
    )
    editor.prefs.dockTab = 'run'
    void editor.documents.keepGraphOf(wanted.plan.hash)
    const started = await runs.start({
      plan: wanted.plan,
      docId: doc.id,
      docVersion: editor.doc.state.docVersion,
      title: doc.title,
      assets,
      asked: [...wanted.asked],
      fresh,
    })
    if (started.ok) editor.announce.say(`Run started: ${plural(wanted.plan.stages.length, 'stage')}`)
    else editor.announce.alert(started.error.message)
  }

  function startable(editor: Editor): true | string {
    const unheld = editor.documents.refusal()
    if (unheld !== null) return unheld
    if (going()) return 'A run is already going on'
    const { errors, pending, plan } = editor.problems.state
    if (errors > 0) return `${plural(errors, 'error')} to mend before it can run`
    if (pending) return 'Still reading the datasets'
    return plan !== null || 'There is nothing to run yet'
  }

  /** A part of the plan, seen from one node. */
  function part(how: keyof Selection, id: string, title: string, keys: readonly string[]): Command {
    return {
      id,
      title,
      group: 'Run',
      scope: 'editing',
      keys,
      when(editor, args) {
        const node = nodeArg(editor, args['node'])
        if (node === null) return 'Select one node'
        const able = startable(editor)
        return able === true ? inPlan(editor, { [how]: node }, node) : able
      },
      run: (editor, args) => void start(editor, { [how]: nodeArg(editor, args['node'])! }, false),
    }
  }

  return [
    {
      id: 'run.start',
      title: 'Run',
      group: 'Run',
      scope: 'app',
      keys: ['Mod+Enter'],
      when: startable,
      run: (editor, args) => void start(editor, selectionOf(args), args['fresh'] === true),
    },
    {
      id: 'plan.review',
      title: 'Review the plan…',
      group: 'Run',
      scope: 'app',
      keys: ['Mod+Shift+Enter'],
      when: ({ doc }) => Object.keys(doc.get().nodes).length > 0 || 'The canvas is empty',
      run: ({ surface }, args) => surface.openDialog('plan', args),
    },
    part('to', 'run.toHere', 'Run to here', ['Shift+Enter']),
    part('from', 'run.fromHere', 'Run from here', ['Alt+Enter']),
    part('only', 'run.only', 'Run only this', ['Shift+Alt+Enter']),
    {
      id: 'run.pause',
      title: 'Pause the run',
      group: 'Run',
      scope: 'app',
      keys: [],
      when: () => (going() && !paused()) || 'No run is going on',
      run: () => void runs.pause(),
    },
    {
      id: 'run.continue',
      title: 'Continue the run',
      group: 'Run',
      scope: 'app',
      keys: [],
      when: () => paused() || 'No run is paused',
      run: () => void runs.continue(),
    },
    {
      id: 'run.stop',
      title: 'Stop the run',
      group: 'Run',
      scope: 'app',
      keys: ['Mod+Alt+Enter', 'Escape Escape'],
      when: () => going() || 'No run is going on',
      run(editor) {
        void runs.stop()
        editor.announce.say('Stopping the run')
      },
    },
  ]
}

function inPlan(editor: Editor, selection: Selection, node: string): true | string {
  const { plan } = editor.problems.state
  const selected = plan && selectStages(plan, selection)
  return selected?.ok === true || `“${titleAt(editor, node)}” takes no part in the plan`
}

/** The plan that the document has now, or the part of it that is selected; null while there is none. */
export function plannedPart(editor: Pick<Editor, 'problems'>, selection: Selection): Selected | null {
  const { plan } = editor.problems.state
  const selected = plan && selectStages(plan, selection)
  return selected?.ok ? selected.value : null
}

/** The node that a command is given, or the one that is selected. */
export function nodeArg(editor: Editor, arg: unknown): string | null {
  if (typeof arg === 'string') return arg
  const { nodes } = editor.selection.get()
  return nodes.size === 1 ? [...nodes][0]! : null
}

export function titleAt(editor: Editor, node: string): string {
  return editor.views.of(editor.doc.get(), node)?.title ?? node
}
