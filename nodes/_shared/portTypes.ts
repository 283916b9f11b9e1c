/** What flows over wires, and how each type looks: colour, shape and label together, never colour alone. */
import type { PortType } from '#src/kinds/contract.ts'

export type PortShapeName = 'circle' | 'square' | 'diamond' | 'triangle'

export type PortTypeLook = {
  readonly label: string
  /** Name of a theme token; the theme holds the colours for light and dark. */
  readonly colour: string
  readonly shape: PortShapeName
  readonly help: string
}

export const portTypes: { readonly [type in PortType]: PortTypeLook } = {
  dataset: {
    label: 'Dataset',
    colour: 'port-dataset',
    shape: 'square',
    help: 'Rows: a conversation each, with or without the answer.',
  },
  policy: {
    label: 'Policy',
    colour: 'port-policy',
    shape: 'circle',
    help: 'A base model with the weights trained so far.',
  },
  reward: {
    label: 'Reward',
    colour: 'port-reward',
    shape: 'diamond',
    help: 'Graders that turn an answer into a number.',
  },
  scores: {
    label: 'Scores',
    colour: 'port-scores',
    shape: 'triangle',
    help: 'Measured results with confidence intervals.',
  },
}
