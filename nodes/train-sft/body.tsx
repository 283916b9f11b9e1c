import type { ReactElement } from 'react'
import { TrainerBody } from '#src/ui/live/TrainerBody.tsx'

const LOSS = { series: 'train/loss', label: 'loss' }
const HELDOUT = { series: 'heldout/loss', label: 'held-out', help: 'Loss on the held-out rows' }

export default function SftBody(props: { readonly id: string; readonly height: number }): ReactElement {
  return <TrainerBody {...props} main={LOSS} beside={HELDOUT} color="var(--accent)" />
}
