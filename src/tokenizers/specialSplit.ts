/** Cuts a text at the special tokens that are spelled out in it. */

/** Finds names in texts; of two that begin at the same place the longer. */
export type SpecialSplitter = (text: string, onText: (part: string) => void, onSpecial: (name: string) => void) => void

export function specialSplitter(names: Iterable<string>): SpecialSplitter {
  const all = [...names].filter((name) => name !== '').sort((a, b) => b.length - a.length)
  if (all.length === 0) return (text, onText) => onText(text)
  const found = new RegExp(all.map(escaped).join('|'), 'gu')
  return (text, onText, onSpecial) => {
    let from = 0
    for (const match of text.matchAll(found)) {
      if (match.index > from) onText(text.slice(from, match.index))
      onSpecial(match[0])
      from = match.index + match[0].length
    }
    if (from < text.length) onText(text.slice(from))
  }
}

function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
