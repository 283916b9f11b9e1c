/** The stages of the plan in order, each a way to its card; the trials of a long sweep are one row that opens. */
import { clsx } from 'clsx'
import { ArrowRight, ChevronRight } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import { cardOf, cardsOf, shownCard } from '#src/store/planCards.ts'
import { PlannedState, PlannedStates } from '../plan/PlannedState.tsx'
import { folded } from '../plan/folded.ts'
import { useEditor } from '../shell/useEditor.ts'
import { planTotals, stageFacts, stageStart, trialsOf } from './planWords.ts'

/** A stage takes four lines here: a sweep is told in one row until somebody asks for its trials. */
const FOLD = { shown: 0, spared: 3 } as const

/** Width of a digit of a stage's number, and the gap behind it, in pixels. */
const DIGIT = 7
const GAP = 8

const ROW = 'w-full rounded-md border border-line px-2.5 py-2 text-left hover:border-line-strong hover:bg-hover'

export function PlannedStages({ plan }: { readonly plan: Plan }): ReactElement {
  const { highlight } = useEditor()
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => () => highlight.clear(), [highlight])
  const digits = String(plan.stages.length).length
  const numberWidth = Math.max(12, DIGIT * digits)
  return (
    <ol className="flex flex-col gap-1.5">
      {folded(plan, unfolded, FOLD).map((part) =>
        'stage' in part ? (
          <li key={part.stage.id}>
            <Stage {...part} plan={plan} numberWidth={numberWidth} />
          </li>
        ) : (
          <li key={`fold ${part.fold}`}>
            <Trials
              {...part}
              plan={plan}
              numberWidth={numberWidth}
              onToggle={() => {
                const others = [...unfolded].filter((fold) => fold !== part.fold)
                setUnfolded(new Set(part.open ? others : [...others, part.fold]))
              }}
            />
          </li>
        ),
      )}
    </ol>
  )
}

function Stage({
  stage,
  number,
  plan,
  numberWidth,
}: {
  readonly stage: PipelineConfig
  readonly number: number
  readonly plan: Plan
  readonly numberWidth: number
}): ReactElement {
  const { doc, selection, surface, highlight } = useEditor()
  const start = stageStart(stage, plan)
  const estimate = plan.estimates[stage.id]
  return (
    <button
      type="button"
      className={clsx('group/stage', ROW)}
      onPointerEnter={() => highlight.set(cardsOf(plan, stage))}
      onPointerLeave={() => highlight.clear()}
      onClick={() => {
        const card = shownCard(plan, stage.node, doc.get())
        selection.set({ nodes: new Set([card]), edges: new Set() })
        surface.jumpTo(card)
      }}
    >
      <span className="flex items-center gap-2">
        <span className="tabular shrink-0 text-2xs text-faint" style={{ width: numberWidth }}>
          {number}
        </span>
        <span className="truncate font-medium">{stage.title}</span>
        <ArrowRight
          size={12}
          aria-hidden
          className="ml-auto shrink-0 text-faint opacity-0 group-hover/stage:opacity-100 group-focus-visible/stage:opacity-100"
        />
      </span>
      <span className="block" style={{ paddingLeft: numberWidth + GAP }}>
        {estimate ? (
          <span className="tabular mt-0.5 block text-xs text-muted">{stageFacts(stage, estimate)}</span>
        ) : null}
        <PlannedState stage={stage.id} />
        {start ? <span className="block truncate text-xs text-faint">{start}</span> : null}
      </span>
    </button>
  )
}

/** What all trials of a sweep take together, and a way to each. */
function Trials({
  stages,
  open,
  plan,
  numberWidth,
  onToggle,
}: {
  readonly stages: readonly PipelineConfig[]
  readonly open: boolean
  readonly plan: Plan
  readonly numberWidth: number
  readonly onToggle: () => void
}): ReactElement {
  const { doc, views, highlight } = useEditor()
  const title = trialsOf(stages, plan, (stage) => {
    return views.of(doc.whole(), cardOf(plan, stage.node))?.title ?? stage.title
  })
  return (
    <button
      type="button"
      aria-expanded={open}
      className={ROW}
      onPointerEnter={() => highlight.set([...new Set(stages.flatMap((stage) => cardsOf(plan, stage)))])}
      onPointerLeave={() => highlight.clear()}
      onClick={onToggle}
    >
      <span className="flex items-center gap-2">
        <span className="flex shrink-0 text-muted" style={{ width: numberWidth }}>
          <ChevronRight size={12} aria-hidden className={clsx('transition-transform', open && 'rotate-90')} />
        </span>
        <span className="truncate font-medium" title={title}>
          {title}
        </span>
      </span>
      <span className="block" style={{ paddingLeft: numberWidth + GAP }}>
        <span className="tabular mt-0.5 block text-xs text-muted">{planTotals({ ...plan, stages })}</span>
        <PlannedStates stages={stages} />
      </span>
    </button>
  )
}
