/** Tables of rows: conversations, columns of the file, and problems with their lines. */
import { CircleAlert, TriangleAlert } from 'lucide-react'
import type { ReactElement } from 'react'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { FactsStore } from '#src/store/facts.ts'

type PreviewAnswer = Awaited<ReturnType<FactsStore['preview']>>
export type RowPreview = Extract<PreviewAnswer, { ok: true }>['value']

const HEAD = 'sticky top-0 bg-panel px-2 py-1.5 text-left text-2xs font-semibold text-faint'
const CELL = 'border-t border-line px-2 py-1.5 align-top'

export function Conversations({ rows }: { readonly rows: RowPreview['mapped'] }): ReactElement {
  if (rows.length === 0) return <p className="text-muted">No row became a conversation. The problems say why.</p>
  return (
    <table className="w-full border-collapse text-xs">
      <thead>
        <tr>
          <th className={`${HEAD} w-14`}>Line</th>
          <th className={HEAD}>Conversation</th>
          <th className={`${HEAD} w-1/3`}>Reference answer</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.line}>
            <td className={`${CELL} tabular text-faint`}>{row.line}</td>
            <td className={CELL}>
              {row.messages.map((message, index) => (
                <p key={index} className="whitespace-pre-wrap">
                  <span className="mr-2 inline-block w-16 text-2xs text-faint">{message.role}</span>
                  {message.content}
                </p>
              ))}
            </td>
            <td className={`${CELL} whitespace-pre-wrap`}>{row.answer ?? <span className="text-faint">none</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function FileTable({ preview }: { readonly preview: RowPreview }): ReactElement {
  return (
    <table className="w-full border-collapse font-mono text-xs">
      <thead>
        <tr>
          <th className={`${HEAD} w-14`}>Line</th>
          {preview.columns.map((column) => (
            <th key={column} className={HEAD}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {preview.raw.map((row) => (
          <tr key={row.line}>
            <td className={`${CELL} tabular text-faint`}>{row.line}</td>
            {preview.columns.map((column) => (
              <td key={column} className={`${CELL} break-words whitespace-pre-wrap`}>
                {row.values[column] ?? ''}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function RowProblems({ diagnostics }: { readonly diagnostics: readonly Diagnostic[] }): ReactElement {
  if (diagnostics.length === 0) return <p className="text-muted">Every row could be read.</p>
  return (
    <ul className="flex flex-col gap-1 text-xs">
      {diagnostics
        .toSorted((a, b) => lineOf(a) - lineOf(b))
        .map((d, index) => (
          <li key={index} className="flex gap-2">
            {d.severity === 'error' ? (
              <CircleAlert size={13} className="mt-0.5 shrink-0 text-bad" />
            ) : (
              <TriangleAlert size={13} className="mt-0.5 shrink-0 text-warn" />
            )}
            <span className="tabular w-16 shrink-0 text-faint">{d.at.on === 'row' ? `line ${d.at.line}` : ''}</span>
            <span>{d.message}</span>
          </li>
        ))}
    </ul>
  )
}

/** Problems of the whole file come before those of its rows. */
function lineOf({ at }: Diagnostic): number {
  return at.on === 'row' ? at.line : 0
}
