import type { ReactElement } from 'react'
import { DecisionBody } from '#src/ui/live/DecisionBody.tsx'

export default function GateBody({ id }: { readonly id: string; readonly height: number }): ReactElement {
  return <DecisionBody id={id} otherwise="Decides when the scores are there" />
}
