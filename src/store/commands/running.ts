/** Commands on runs. They belong to the editor's table but act on the runs of the page, so that is handed in. */
import { upstream } from '../../graph/query.ts'
import type { Plan } from '../../ir/pipelineConfig.ts'
import { assetIdsOfPlan } from '../planAssets.ts'
import type { Editor } from '../editor.ts'
import type { Runs } from '../runs.ts'
import { shownRun } from '../runs.ts'
import type { Command } from './command.ts'
import { plural } from './wording.ts'

export function runCommands(runs: Runs): readonly Command[] {
  const going = (): boolean => runs.state.activity.phase !== 'idle'
  const paused = (): boolean => shownRun(runs.state)?.phase === 'paused' && going()

  async function start(editor: Editor, pick: (plan: Plan) => Plan): Promise<void> {
    const { plan } = editor.problems.flush()
    if (!plan) return
    const wanted = pick(plan)
    const doc = editor.doc.get()
    const assets = Object.fromEntries(
      assetIdsOfPlan(wanted).flatMap((id) => (doc.assets[id] ? [[id, doc.assets[id].text]] : [])),
    )
    editor.prefs.dockTab = 'run'
    const started = await runs.start({
      plan: wanted,
      docId: doc.id,
      docVersion: editor.doc.state.docVersion,
      title: doc.title,
      assets,
    })
    if (started.ok) editor.announce.say(`Run started: ${plural(wanted.stages.length, 'stage')}`)
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

  return [
    {
      id: 'run.start',
      title: 'Run',
      group: 'Run',
      scope: 'app',
      keys: ['Mod+Enter'],
      when: startable,
      run: (editor) => void start(editor, (plan) => plan),
    },
    {
      id: 'run.toHere',
      title: 'Run to here',
      group: 'Run',
      scope: 'editing',
      keys: [],
      when(editor, args) {
        const node = nodeArg(editor, args['node'])
        return node === null ? 'Select one node' : startable(editor)
      },
      run: (editor, args) => void start(editor, (plan) => planTo(editor, plan, nodeArg(editor, args['node'])!)),
    },
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

function nodeArg(editor: Editor, arg: unknown): string | null {
  if (typeof arg === 'string') return arg
  const { nodes } = editor.selection.get()
  return nodes.size === 1 ? [...nodes][0]! : null
}

/** The stages of the node and of everything it depends on. */
export function planTo(editor: Editor, plan: Plan, node: string): Plan {
  const wanted = new Set<string>([node, ...upstream(editor.doc.get(), node)])
  return { ...plan, stages: plan.stages.filter((stage) => wanted.has(stage.node)) }
}
