/** The renderer that a model was made with, by its name; the first choice where a person has none. Recipes §1.5. */

const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^tunegraph\//, 'tunegraph'],
  // Base models know no chat markers.
  [/-base$/i, 'role_colon'],
  [/(^|\/)qwen3(-|$)/i, 'qwen3'],
  [/(^|\/)llama-3.*instruct/i, 'llama3'],
]

/** @param model as the API names it; a suffix after a colon (`:peft:262144`) says nothing about the format */
export function recommendedRenderer(model: string): string {
  const name = model.split(':')[0]!
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'role_colon'
}
