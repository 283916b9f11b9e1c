/** The sets in `sets/`, as the inspector offers them. Each file's rows and licence: `models/README.md`. */
import type { BuiltinSet } from '#src/kinds/contract.ts'

export const builtinSets: readonly BuiltinSet[] = [
  {
    name: 'pig-latin-sft',
    title: 'Pig Latin, conversations',
    help: '360 phrases with their Pig Latin as chat turns. Teaches the form; for SFT.',
  },
  {
    name: 'pig-latin-prompts',
    title: 'Pig Latin, prompts',
    help: '600 phrases with reference answers. For RL with an exact-match reward.',
  },
  {
    name: 'pig-latin-heldout',
    title: 'Pig Latin, held-out',
    help: '256 phrases that share no word with the other two sets. For evaluation.',
  },
]
