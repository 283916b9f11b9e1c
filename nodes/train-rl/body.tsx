import type { ReactElement } from 'react'
import { TrainerBody } from '#src/ui/live/TrainerBody.tsx'

const REWARD = { series: 'reward/total', label: 'reward' }
const MIXED = {
  series: 'groups/frac_mixed',
  label: 'mixed',
  help: 'Share of groups whose answers got different rewards: only those teach',
}

export default function RlBody(props: { readonly id: string; readonly height: number }): ReactElement {
  return <TrainerBody {...props} main={REWARD} beside={MIXED} color="var(--port-reward)" />
}
