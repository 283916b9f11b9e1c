/** The repository on the Hugging Face hub whose tokenizer a model of the API uses, as the official SDK looks it up. */
export function tokenizerRepository(model: string): string {
  const name = model.split(':')[0]!
  // Gated repositories have an open copy.
  if (name.startsWith('meta-llama/Llama-3')) return 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'
  // The text-only deployment of a model that also sees.
  if (name === 'moonshotai/Kimi-K2.5-Text-Only') return 'moonshotai/Kimi-K2.5'
  const parts = name.split('/')
  return parts.length === 3 ? parts.slice(0, 2).join('/') : name
}
