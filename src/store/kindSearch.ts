/** Finds kinds by title, group and synonyms; letters in order are enough, whole words and beginnings win. */
import type { NodeKind } from '../kinds/contract.ts'

/** Best first; for an empty query all, by title. */
export function searchKinds(kinds: readonly NodeKind[], query: string): readonly NodeKind[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...kinds].sort((a, b) => a.title.localeCompare(b.title))
  return kinds
    .map((kind) => ({ kind, score: words.reduce((sum, word) => sum * score(kind, word), 1) }))
    .filter(({ score: s }) => s > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ kind }) => kind)
}

function score(kind: NodeKind, word: string): number {
  return Math.max(
    textScore(kind.title, word) * 3,
    ...kind.synonyms.map((s) => textScore(s, word) * 2),
    textScore(kind.group, word),
    textScore(kind.kind, word),
  )
}

/** 4 the whole text, 3 its beginning, 2 the beginning of a word or inside, 1 letters in order, 0 not at all. */
function textScore(text: string, word: string): number {
  const lower = text.toLowerCase()
  if (lower === word) return 4
  if (lower.startsWith(word)) return 3
  if (lower.includes(word)) return 2
  if (word.length < 2) return 0
  let at = -1
  for (const letter of word) {
    at = lower.indexOf(letter, at + 1)
    if (at < 0) return 0
  }
  return 1
}
