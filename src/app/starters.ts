/** The examples that ship with the product, as starters of an empty canvas. The first one opens on the first visit. */
import first from '../../examples/sft-to-rl.tunegraph.json?raw'
import type { Starter } from '#src/store/documents.ts'

/** What a first visit opens comes with the page; the others are fetched when they are wanted. */
const FIRST = 'sft-to-rl'
const files = import.meta.glob<string>(['../../examples/*.tunegraph.json', '!**/sft-to-rl.tunegraph.json'], {
  query: '?raw',
  import: 'default',
})

/** Order and words; examples that are not named here follow with their file's name. */
const KNOWN: Readonly<Record<string, { readonly title: string; readonly description: string }>> = {
  'sft-to-rl': {
    title: 'SFT, then RL',
    description: 'Learn from examples, then from a reward; evaluated before and after.',
  },
  sft: { title: 'SFT', description: 'Supervised fine-tuning on one dataset, evaluated against the base model.' },
  'two-learning-rates': {
    title: 'Two learning rates',
    description: 'Two trainers branch from one model; an evaluation says which one learned more.',
  },
  'best-of-three': {
    title: 'Best of three rates',
    description: 'A sweep, the best of it confirmed on other rows, and RL only if a gate passes.',
  },
  'two-sizes': {
    title: 'Two sizes',
    description: 'One lesson for the small model and for the larger one, compared on unseen words.',
  },
}

export function starters(): readonly Starter[] {
  const others = Object.entries(files).map(([path, load]) => ({
    id: /([^/]+)\.tunegraph\.json$/.exec(path)![1]!,
    load,
  }))
  const rank = (id: string): number => {
    const at = Object.keys(KNOWN).indexOf(id)
    return at < 0 ? Number.MAX_SAFE_INTEGER : at
  }
  return [{ id: FIRST, load: () => Promise.resolve(first) }, ...others]
    .sort((a, b) => rank(a.id) - rank(b.id) || (a.id < b.id ? -1 : 1))
    .map(({ id, load }) => ({
      id,
      title: KNOWN[id]?.title ?? id.replace(/-/g, ' '),
      description: KNOWN[id]?.description ?? '',
      load,
    }))
}
