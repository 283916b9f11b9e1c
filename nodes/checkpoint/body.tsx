import type { ReactElement } from 'react'
import { useNodeView } from '#src/ui/shell/useEditor.ts'
import { useShownRun } from '#src/ui/runs/useShownRun.ts'

/** What was saved under this node's name, the newest last. */
export default function CheckpointBody({ id }: { readonly id: string; readonly height: number }): ReactElement {
  const view = useNodeView(id)
  const { state } = useShownRun()
  const name = view?.params['name']
  const makers = new Set<string>(
    state?.plan.stages
      .filter((s) => s.mode !== 'evaluate' && s.checkpointing.some((c) => c.node === id))
      .map((s) => s.id),
  )
  const saved =
    state?.checkpoints.filter(
      (c) => makers.has(c.stage) && !c.rolling && (c.name === name || c.name.startsWith(`${String(name)}-`)),
    ) ?? []
  const last = saved.at(-1)
  if (!last)
    return (
      <p className="flex h-full items-center text-xs text-faint">
        <span className="truncate">Saves “{String(name)}”</span>
      </p>
    )
  return (
    <p
      className="flex h-full min-w-0 items-center gap-2 text-xs"
      title={saved.map((c) => c.samplerPath ?? c.statePath).join('\n')}
    >
      <span className="size-1.5 shrink-0 rounded-full bg-good" aria-hidden />
      <span className="truncate font-medium">{last.name}</span>
      <span className="tabular ml-auto shrink-0 text-faint">
        step {last.step}
        {saved.length > 1 ? ` · ${saved.length} saved` : ''}
      </span>
    </p>
  )
}
