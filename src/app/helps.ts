/** What each kind of node is for, in its own words: `nodes/<kind>/help.md`, loaded when it is asked for. */
const texts = import.meta.glob<string>('../../nodes/*/help.md', { query: '?raw', import: 'default' })

/** Markdown; null for a kind without help. */
export async function help(kind: string): Promise<string | null> {
  return (await texts[`../../nodes/${kind}/help.md`]?.()) ?? null
}
