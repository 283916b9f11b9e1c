/** Phases of runs and stages as words and signs, the same everywhere. */
import { CircleCheck, CirclePause, CircleSlash, CircleX, Clock, LoaderCircle, Unplug } from 'lucide-react'
import { clsx } from 'clsx'
import type { LucideIcon } from 'lucide-react'
import type { ReactElement } from 'react'

type Phase = 'queued' | 'running' | 'paused' | 'finished' | 'failed' | 'stopped' | 'skipped' | 'interrupted'

const LOOKS: Readonly<Record<Phase, { readonly icon: LucideIcon; readonly tone: string; readonly word: string }>> = {
  queued: { icon: Clock, tone: 'text-faint', word: 'Queued' },
  running: { icon: LoaderCircle, tone: 'text-accent-text', word: 'Running' },
  paused: { icon: CirclePause, tone: 'text-warn', word: 'Paused' },
  finished: { icon: CircleCheck, tone: 'text-good', word: 'Finished' },
  failed: { icon: CircleX, tone: 'text-bad', word: 'Failed' },
  stopped: { icon: CircleSlash, tone: 'text-muted', word: 'Stopped' },
  skipped: { icon: CircleSlash, tone: 'text-faint', word: 'Skipped' },
  interrupted: { icon: Unplug, tone: 'text-warn', word: 'Interrupted' },
}

export function PhaseIcon({ phase, size = 14 }: { readonly phase: Phase; readonly size?: number }): ReactElement {
  const { icon: Icon, tone, word } = LOOKS[phase]
  return (
    <Icon
      size={size}
      aria-label={word}
      className={clsx('shrink-0', tone, phase === 'running' && 'animate-spin [animation-duration:1.6s]')}
    />
  )
}

export function phaseWord(phase: Phase): string {
  return LOOKS[phase].word
}
