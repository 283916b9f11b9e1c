/** The examples of a stage's rows; those of a mix follow one another, each part by its own rules. */
import type { Example } from '../data/example.ts'
import { partsOf } from '../ir/dataset.ts'
import type { DatasetSpec } from '../ir/dataset.ts'
import type { RunContext } from './runContext.ts'

export async function examplesOf(
  { examples }: Pick<RunContext, 'examples'>,
  spec: DatasetSpec,
): Promise<readonly Example[]> {
  const parts = await Promise.all(partsOf(spec).map((part) => examples(part)))
  return parts.length === 1 ? parts[0]! : parts.flat()
}
