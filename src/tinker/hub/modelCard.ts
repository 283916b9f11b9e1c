/** The card of an adapter's repository, and names derived from a checkpoint. */

export type ModelCardInfo = {
  readonly baseModel: string | null
  readonly loraRank: number | null
  /** Checkpoint path on the server it was trained on. */
  readonly sourcePath: string
  /** Which parts have adapters, where it is known. */
  readonly trained?: { readonly attention: boolean; readonly mlp: boolean; readonly unembedding: boolean }
  readonly date: Date
}

/** Markdown with YAML front matter that the hub reads: `base_model`, `library_name`, tags. */
export function modelCard(repo: string, info: ModelCardInfo): string {
  const base = info.baseModel
  const tags = ['tinker', 'peft', 'lora', ...(base === null ? [] : [`base_model:adapter:${base}`])]
  const front = [
    ...(base === null ? [] : [`base_model: ${yaml(base)}`]),
    'library_name: peft',
    'tags:',
    ...tags.map((tag) => `- ${yaml(tag)}`),
    `tinker_path: ${yaml(info.sourcePath)}`,
  ]
  const facts = [
    `- Base model: ${base ?? 'unknown'}`,
    ...(info.loraRank === null ? [] : [`- LoRA rank: ${info.loraRank}`]),
    ...(info.trained ? [`- Adapters on: ${partsOf(info.trained)}`] : []),
    `- Trained as: \`${info.sourcePath}\``,
    `- Exported: ${info.date.toISOString().slice(0, 10)}`,
  ]
  const use = [
    '```python',
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM',
    '',
    `model = AutoModelForCausalLM.from_pretrained(${JSON.stringify(base ?? 'BASE_MODEL')})`,
    `model = PeftModel.from_pretrained(model, ${JSON.stringify(repo)})`,
    '```',
  ]
  return [
    '---',
    ...front,
    '---',
    '',
    `# ${repo.split('/').at(-1)}`,
    '',
    'A LoRA adapter.',
    '',
    ...facts,
    '',
    '## Use',
    '',
    ...use,
    '',
  ].join('\n')
}

/** The checkpoint that a card names, null when it names none. */
export function sourcePathOf(card: string): string | null {
  return /(?:tinker|twinkle):\/\/[^\s`"']+/.exec(card)?.[0] ?? null
}

/** What the hub allows in a name: letters, digits and `-_.`, no runs of dashes, none of these at the ends. */
export function hubName(text: string): string {
  return text
    .replace(/[^\p{L}\p{N}\-_.]/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-_ .]+|[-_ .]+$/g, '')
}

/** `tinker-Qwen3-8B-RUN`, as the official command line names repositories. */
export function defaultRepoName(baseModel: string | null, runId: string): string {
  return hubName(`tinker-${baseModel?.split('/').at(-1) ?? 'adapter'}-${runId}`)
}

function partsOf({ attention, mlp, unembedding }: NonNullable<ModelCardInfo['trained']>): string {
  return [attention && 'attention', mlp && 'MLP', unembedding && 'unembedding']
    .filter((part) => part !== false)
    .join(', ')
}

/** Plain where YAML cannot misread it, else in quotes (JSON's are YAML's). */
function yaml(text: string): string {
  return /^[A-Za-z][\w./-]*(?::(?! )[\w./-]+)*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
