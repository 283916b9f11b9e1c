/** The examples of a dataset spec: split and limit as the compiler counts them, and the spec's system prompt. */
import { indicesOfPart } from '../base/rowPart.ts'
import type { RowPart } from '../base/rowPart.ts'
import type { Example } from './example.ts'

/** In file order; rows that bring a system message of their own keep it. */
export function selectExamples(
  examples: readonly Example[],
  spec: RowPart & { readonly systemPrompt: string },
): Example[] {
  return indicesOfPart(examples.length, spec).map((i) => withSystem(examples[i]!, spec.systemPrompt))
}

function withSystem(example: Example, systemPrompt: string): Example {
  if (systemPrompt === '' || example.messages[0]?.role === 'system') return example
  return { ...example, messages: [{ role: 'system', content: systemPrompt }, ...example.messages] }
}
