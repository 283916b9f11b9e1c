/** The price table as text, to be changed by hand when prices change. Kept in this browser. */
import { useId, useState } from 'react'
import type { ReactElement } from 'react'
import { ref, useSnapshot } from 'valtio'
import { parsePrices } from '#src/ir/parsePrices.ts'
import { PRICES } from '#src/ir/prices.ts'
import type { PriceTable } from '#src/ir/prices.ts'
import type { Result } from '#src/base/result.ts'
import { err } from '#src/base/result.ts'
import { DialogFrame } from '../dialogs/DialogFrame.tsx'
import { useEditor } from '../shell/useEditor.ts'
import { Button } from '../theme/Button.tsx'
import { usePrices } from './usePlan.ts'

export function PricesDialog(): ReactElement {
  const { prefs, surface, announce } = useEditor()
  const { dialogArgs } = useSnapshot(surface.state)
  const current = usePrices(prefs)
  const [text, setText] = useState(() => written(current))
  const id = useId()
  const parsed = read(text)
  const standard = text === written(PRICES)
  const back = (): void => surface.openDialog('plan', { ...dialogArgs })
  const save = (): void => {
    if (!parsed.ok) return
    prefs.prices = standard ? null : ref(parsed.value)
    announce.say(standard ? 'The prices that ship are used' : `Prices of ${parsed.value.asOf} are used`)
    back()
  }
  return (
    <DialogFrame
      title="Prices"
      width="lg"
      description="US dollars per million tokens, by model; storage per gigabyte and 30 days. Every estimate and the budget of a run use this table."
      footer={
        <>
          <Button className="mr-auto" disabled={standard} onClick={() => setText(written(PRICES))}>
            Restore the table that ships ({PRICES.asOf})
          </Button>
          <Button onClick={back}>Back</Button>
          <Button look="primary" disabled={!parsed.ok} onClick={save}>
            Use these prices
          </Button>
        </>
      }
    >
      <label htmlFor={id} className="sr-only">
        Price table
      </label>
      <textarea
        id={id}
        spellCheck={false}
        wrap="off"
        aria-invalid={!parsed.ok}
        aria-describedby={`${id}-error`}
        className="block h-[50dvh] w-full resize-none rounded-md border border-line-strong bg-panel p-2.5 font-mono text-xs leading-[17px] outline-none focus:border-accent focus:ring-2 focus:ring-accent/20 aria-invalid:border-bad"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p id={`${id}-error`} role="status" className="mt-2 min-h-4 text-xs text-bad">
        {parsed.ok ? '' : parsed.error}
      </p>
    </DialogFrame>
  )
}

export default PricesDialog

function read(text: string): Result<PriceTable, string> {
  try {
    return parsePrices(JSON.parse(text))
  } catch (error) {
    return err(`This is not JSON yet: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** One model a line, so that a price is found and changed quickly. */
function written(table: PriceTable): string {
  return JSON.stringify(table, null, 2).replace(
    /\{\s+"prefill": ([^,\s]+),\s+"sample": ([^,\s]+),\s+"train": (\S+)\s+\}/g,
    '{ "prefill": $1, "sample": $2, "train": $3 }',
  )
}
