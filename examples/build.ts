/** Every example file and the drawing that it is written from. `UPDATE_EXAMPLES=1 npx vitest run tests/golden/examples` rewrites the files. */
import type { GraphDoc } from '#src/graph/model.ts'
import type { Registry } from '#src/kinds/registry.ts'
import { bestOfThree } from './bestOfThree.ts'
import { sft } from './sft.ts'
import { sftToRl } from './sftToRl.ts'
import { twoLearningRates } from './twoLearningRates.ts'
import { twoSizes } from './twoSizes.ts'

export const examples: { readonly [file: string]: (registry: Registry) => GraphDoc } = {
  'best-of-three.tunegraph.json': bestOfThree,
  'sft.tunegraph.json': sft,
  'sft-to-rl.tunegraph.json': sftToRl,
  'two-learning-rates.tunegraph.json': twoLearningRates,
  'two-sizes.tunegraph.json': twoSizes,
}
