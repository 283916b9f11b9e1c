/** What becomes of a node: the stages and decisions that it takes part in, as a run gets them, with its own lines marked. */
import { clsx } from 'clsx'
import { Copy } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Decision, PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import { configLines, configText } from '#src/store/configLines.ts'
import type { ConfigLine } from '#src/store/configLines.ts'
import { cardsAround, cardsOf } from '#src/store/planCards.ts'
import { useEditor } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'

type Item = PipelineConfig | Decision

/** @param field the one that has the focus in the inspector; its lines are brought into sight */
export default function NodeConfig({
  card,
  field,
}: {
  readonly card: string
  readonly field: string | null
}): ReactElement {
  const { problems } = useEditor()
  const { plan: known, pending } = useSnapshot(problems.state)
  const plan = known as Plan | null
  const items = useMemo(() => (plan === null ? [] : itemsOf(plan, card)), [plan, card])
  const [chosen, setChosen] = useState<string | null>(null)
  const item = items.find(({ id }) => id === chosen) ?? items.find(({ node }) => node === card) ?? items[0]
  return (
    <section aria-label="Config" className="mt-3 overflow-hidden rounded-md border border-line bg-sunken">
      {plan === null || item === undefined ? (
        <p className="px-3 py-2 text-xs text-muted">
          {plan !== null
            ? 'Nothing of the plan comes from this node.'
            : pending
              ? 'Reading rows and models …'
              : 'There is no plan yet: mend what is marked as an error first.'}
        </p>
      ) : (
        <>
          <Head plan={plan} items={items} item={item} onChoose={setChosen} />
          <Lines plan={plan} item={item} card={card} field={field} />
        </>
      )}
    </section>
  )
}

function itemsOf(plan: Plan, card: string): readonly Item[] {
  return [...plan.stages, ...plan.decisions].filter((item) => cardsOf(plan, item).includes(card))
}

function Head({
  plan,
  items,
  item,
  onChoose,
}: {
  readonly plan: Plan
  readonly items: readonly Item[]
  readonly item: Item
  onChoose(id: string): void
}): ReactElement {
  const { ports, announce } = useEditor()
  const copy = async (): Promise<void> => {
    const done = await ports.clipboard.write(configText(configLines(item)))
    if (done) announce.say(`The config of “${item.title}” is copied`)
    else announce.alert('The browser did not allow copying')
  }
  return (
    <header className="flex h-8 items-center gap-1 border-b border-line pr-0.5 pl-2.5 text-xs">
      {items.length === 1 ? (
        <span className="min-w-0 flex-1 truncate font-medium">{nameOf(item, plan)}</span>
      ) : (
        <select
          aria-label="Stage"
          className="h-6 min-w-0 flex-1 rounded-sm bg-transparent font-medium hover:bg-hover"
          value={item.id}
          onChange={(event) => onChoose(event.target.value)}
        >
          {items.map((other) => (
            <option key={other.id} value={other.id}>
              {nameOf(other, plan)}
            </option>
          ))}
        </select>
      )}
      <IconButton label="Copy as JSON" side="left" className="scale-90" onClick={() => void copy()}>
        <Copy size={13} />
      </IconButton>
    </header>
  )
}

function Lines({
  plan,
  item,
  card,
  field,
}: {
  readonly plan: Plan
  readonly item: Item
  readonly card: string
  readonly field: string | null
}): ReactElement {
  const { highlight, selection, surface } = useEditor()
  const list = useRef<HTMLOListElement>(null)
  const lines = useMemo(() => configLines(item), [item])
  // Unmounting under the pointer is no leaving.
  useEffect(() => () => highlight.clear(), [highlight])
  useEffect(() => {
    list.current?.querySelector('[data-focused]')?.scrollIntoView({ block: 'nearest' })
  }, [field, lines])

  const own = ({ place }: ConfigLine): boolean => place !== null && cardsAround(plan, place.node).includes(card)
  const first = Math.max(
    0,
    lines.findIndex((line) => line.place !== null),
  )
  return (
    <ol ref={list} className="max-h-80 overflow-auto py-1 font-mono text-2xs leading-[18px]" onKeyDown={walk}>
      {lines.map((line, index) => {
        const { place } = line
        const mine = own(line)
        const shown = mine && field !== null && place?.field === field
        const look = clsx(
          'block w-full truncate border-l-2 pr-2 text-left',
          mine ? 'border-accent text-text' : 'border-transparent text-muted',
          shown && 'bg-accent-soft',
        )
        const indent = { paddingLeft: 8 + 10 * line.depth }
        return (
          <li key={index}>
            {place === null ? (
              <span className={clsx(look, 'text-faint')} style={indent}>
                <Text line={line} />
              </span>
            ) : (
              <button
                type="button"
                tabIndex={index === first ? 0 : -1}
                data-focused={shown ? '' : undefined}
                className={clsx(look, 'hover:bg-hover focus-visible:-outline-offset-2')}
                style={indent}
                title={line.text.length > 40 ? line.text : undefined}
                onPointerEnter={() => highlight.set(cardsAround(plan, place.node))}
                onPointerLeave={() => highlight.clear()}
                onFocus={() => highlight.set(cardsAround(plan, place.node))}
                onBlur={() => highlight.clear()}
                onClick={() => {
                  const target = cardsAround(plan, place.node).at(-1)!
                  selection.setNodes([target])
                  surface.jumpTo(target, place.field)
                }}
              >
                <Text line={line} />
              </button>
            )}
          </li>
        )
      })}
    </ol>
  )
}

function Text({ line: { name, text } }: { readonly line: ConfigLine }): ReactElement {
  return (
    <>
      {name === '' ? null : <span className="text-faint">{name}</span>}
      {text}
    </>
  )
}

/** One stop for Tab; from there the arrows go from value to value. */
function walk(event: KeyboardEvent<HTMLOListElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((button) => button === document.activeElement)
  buttons[at + step]?.focus()
}

function nameOf(item: Item, plan: Plan): string {
  if ('type' in item) return `${item.type === 'gate' ? 'Gate' : 'Best of'} · ${item.title}`
  return `Stage ${plan.stages.indexOf(item) + 1} · ${item.title}`
}
