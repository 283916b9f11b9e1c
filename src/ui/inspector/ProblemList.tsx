import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import { clsx } from 'clsx'
import type { ReactElement } from 'react'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { useEditor } from '../shell/useEditor.ts'

const LOOKS = {
  error: { icon: CircleAlert, tone: 'text-bad', ground: 'bg-bad-soft' },
  warning: { icon: TriangleAlert, tone: 'text-warn', ground: 'bg-warn-soft' },
  info: { icon: Info, tone: 'text-muted', ground: 'bg-sunken' },
} as const

/** Problems as sentences, each with its fix where one exists. */
export function ProblemList({ problems }: { readonly problems: readonly Diagnostic[] }): ReactElement | null {
  if (problems.length === 0) return null
  return (
    <ul className="mt-3 flex flex-col gap-1.5" aria-label="Problems of this node">
      {problems.map((problem, index) => (
        <li key={`${problem.code}-${index}`}>
          <Problem problem={problem} />
        </li>
      ))}
    </ul>
  )
}

export function Problem({
  problem,
  quiet = false,
}: {
  readonly problem: Diagnostic
  readonly quiet?: boolean
}): ReactElement {
  const { commands } = useEditor()
  const { icon: Icon, tone, ground } = LOOKS[problem.severity]
  const { fix } = problem
  return (
    <div
      className={clsx('flex gap-2 rounded-md text-xs', quiet ? 'mt-1' : ['px-2 py-1.5', ground])}
      title={problem.code}
    >
      <Icon size={13} className={clsx('mt-px shrink-0', tone)} aria-label={problem.severity} />
      <div className="min-w-0">
        <span className={quiet ? tone : undefined}>{problem.message}</span>{' '}
        {fix && commands.get(fix.command) ? (
          <button
            type="button"
            className="font-medium text-accent-text underline-offset-2 hover:underline"
            onClick={() => commands.run(fix.command, fix.args)}
          >
            {fix.title}
          </button>
        ) : null}
      </div>
    </div>
  )
}
