/** What a kind of node is for, from its `help.md`. A link to another kind opens that kind's help in the same place. */
import './help.css'
import { ChevronLeft } from 'lucide-react'
import Markdown from 'markdown-to-jsx/react'
import { Suspense, use, useContext, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { SlotsContext } from '../shell/slots.ts'
import type { ShellSlots } from '../shell/slots.ts'
import { Button } from '../theme/Button.tsx'

/** One promise a text, so that a render finds what an earlier one asked for. */
const asked = new Map<string, Promise<string>>()

function textOf(help: ShellSlots['help'], kind: string): Promise<string> {
  const known = asked.get(kind)
  if (known) return known
  const text = help(kind).then(
    (found) => found ?? 'There is no help for this kind.',
    () => {
      asked.delete(kind)
      return 'The help could not be loaded. Close and open it to try again.'
    },
  )
  asked.set(kind, text)
  return text
}

export default function KindHelp({ kind }: { readonly kind: string }): ReactElement {
  const [shown, setShown] = useState(kind)
  return (
    <section aria-label="Help" className="mt-3 rounded-md border border-line bg-sunken px-3 pt-2 pb-3 text-xs">
      {shown === kind ? null : (
        <Button className="mb-1" onClick={() => setShown(kind)}>
          <ChevronLeft size={13} aria-hidden /> Back
        </Button>
      )}
      <Suspense fallback={<p className="text-faint">Loading…</p>}>
        <Text kind={shown} onKind={setShown} />
      </Suspense>
    </section>
  )
}

function Text({ kind, onKind }: { readonly kind: string; readonly onKind: (kind: string) => void }): ReactElement {
  const { help } = useContext(SlotsContext)
  const text = use(textOf(help, kind))

  function Link({ href, children }: { readonly href?: string; readonly children?: ReactNode }): ReactElement {
    const other = /^\.\.\/([^/]+)\/help\.md$/.exec(href ?? '')?.[1]
    if (other !== undefined) {
      return (
        <button type="button" className="text-accent-text underline underline-offset-2" onClick={() => onKind(other)}>
          {children}
        </button>
      )
    }
    return (
      <a className="text-accent-text underline underline-offset-2" href={href} target="_blank" rel="noreferrer">
        {children}
      </a>
    )
  }

  return (
    <Markdown
      className="tg-help"
      options={{ forceBlock: true, disableParsingRawHTML: true, overrides: { a: { component: Link } } }}
    >
      {text}
    </Markdown>
  )
}
