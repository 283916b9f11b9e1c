/** Everything that happened in the run, in order, as sentences. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { clsx } from 'clsx'
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import type { RunState } from '#src/ir/runState.ts'
import { useStores } from '../shell/useStores.ts'
import { sentenceOf, toneOf } from './eventWords.ts'

export function RunLog({ state }: { readonly state: RunState }): ReactElement {
  const { runs } = useStores()
  const events = useSyncExternalStore(
    useCallback((listener) => runs.subscribeEvents(state.run, listener), [runs, state.run]),
    () => runs.eventsOf(state.run),
  )
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 22,
    overscan: 20,
  })
  const atEnd = useRef(true)
  useEffect(() => {
    if (atEnd.current && events.length > 0) rows.scrollToIndex(events.length - 1)
  }, [events.length, rows])
  return (
    <div
      ref={scroller}
      className="h-full overflow-auto py-1 font-mono text-xs"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
        atEnd.current = scrollHeight - scrollTop - clientHeight < 30
      }}
    >
      <div className="relative w-full" style={{ height: rows.getTotalSize() }} role="log">
        {rows.getVirtualItems().map((item) => {
          const event = events[item.index]!
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={rows.measureElement}
              className="absolute inset-x-0 top-0 flex gap-3 px-3 py-0.5"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <time className="tabular shrink-0 text-faint">{new Date(event.at).toLocaleTimeString()}</time>
              <span className={clsx('min-w-0 break-words', toneOf(event))}>{sentenceOf(event, state.plan)}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
