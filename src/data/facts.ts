/** What reading a dataset tells the compiler: counts, mapping, problems and token lengths. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { DatasetFacts, DatasetRequest, TokenCounts } from '../ir/dataset.ts'
import { contentFacts } from './contentFacts.ts'
import type { Example } from './example.ts'
import { readExamples } from './readExamples.ts'
import type { ExamplesRead } from './readExamples.ts'
import type { Renderer } from './renderers/renderer.ts'

/** How tokens are counted: as this renderer builds them for this model. */
export type Counting = { readonly model: string; readonly renderer: Renderer }

export function datasetFacts(request: DatasetRequest, text: string, countings: readonly Counting[] = []): DatasetFacts {
  return factsOf(readExamples(request, text), countings)
}

/** For callers that keep the examples, so that a file is read once. */
export function factsOf(read: ExamplesRead, countings: readonly Counting[] = []): DatasetFacts {
  return {
    fingerprint: fingerprint(read.examples),
    columns: read.columns,
    mapping: read.mapping,
    rows: read.total,
    usable: read.examples.length,
    withAnswer: read.examples.filter((example) => example.answer !== null).length,
    diagnostics: read.diagnostics,
    content: contentFacts(read.examples),
    tokens: countings.map((counting) => countTokens(read.examples, counting)),
  }
}

/** SHA-256 of the mapped rows; line numbers are not part of it, so that blank lines do not make another dataset. */
export function fingerprint(examples: readonly Example[]): string {
  return sha256Hex(examples.map(({ messages, answer }) => canonicalJson({ messages, answer })).join('\n'))
}

function countTokens(examples: readonly Example[], { model, renderer }: Counting): TokenCounts {
  const prompt: number[] = []
  const completion: number[] = []
  const first: number[] = []
  const promptOf = (messages: Example['messages']): number => {
    const built = renderer.buildGenerationPrompt(messages)
    return built.ok ? built.value.length : 0
  }
  let plain = true
  for (const { messages } of examples) {
    const answered = messages.at(-1)!.role === 'assistant'
    const tokens = promptOf(answered ? messages.slice(0, -1) : messages)
    const whole = answered ? renderer.buildSupervisedExample(messages, 'last_assistant_message') : null
    prompt.push(tokens)
    completion.push(whole?.ok ? whole.value.weights.filter((weight) => weight === 1).length : 0)
    const begins = messages.findIndex(({ role }) => role === 'assistant')
    const isLast = begins === messages.length - 1
    if (begins !== -1 && !isLast) plain = false
    first.push(begins === -1 ? -1 : isLast ? tokens : promptOf(messages.slice(0, begins)))
  }
  return plain ? { model, prompt, completion } : { model, prompt, completion, first }
}
