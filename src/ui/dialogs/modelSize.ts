/** How large a model is, in words: `4.2M parameters`. */
import type { ModelFacts } from '#src/ir/dataset.ts'

/** Null where the server does not say. */
export function sizeOf({ parameters }: Pick<ModelFacts, 'parameters'>): string | null {
  if (parameters === undefined) return null
  if (parameters < 1e6) return `${Math.round(parameters / 1e3)}k parameters`
  return parameters < 1e9
    ? `${(parameters / 1e6).toFixed(1)}M parameters`
    : `${(parameters / 1e9).toFixed(1)}B parameters`
}
