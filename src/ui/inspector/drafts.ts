/** What was typed into a field and refused. Outlives the panel, so that looking at another node loses nothing. */
export type Draft = {
  readonly typed: string
  readonly refusal: string
  /** The value it was typed over. */ readonly over: unknown
}

const drafts = new Map<string, Draft>()

export function draftOf(key: string): Draft | null {
  return drafts.get(key) ?? null
}

export function keepDraft(key: string, draft: Draft | null): void {
  if (draft) drafts.set(key, draft)
  else drafts.delete(key)
}
