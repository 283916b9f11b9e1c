/** Regular expressions as a tree. Single characters stay native patterns: testing one code point is always quick. */
export type RegexNode =
  | { readonly type: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly type: 'choice'; readonly options: readonly RegexNode[] }
  /** One code point that the native pattern matches. */
  | { readonly type: 'character'; readonly test: (character: string) => boolean }
  | {
      readonly type: 'repeat'
      readonly item: RegexNode
      readonly min: number
      readonly max: number
      readonly greedy: boolean
      /** Groups inside, which each round forgets. */
      readonly groups: readonly [from: number, to: number]
    }
  | { readonly type: 'group'; readonly index: number; readonly item: RegexNode }
  | { readonly type: 'look'; readonly behind: boolean; readonly negative: boolean; readonly item: RegexNode }
  | { readonly type: 'backreference'; readonly index: () => number }
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'wordBoundary'; readonly negative: boolean }

export type ParsedRegex = { readonly node: RegexNode; readonly groupCount: number; readonly flags: string }

/** Thrown while parsing and caught by `compileRegex`; the message ends a diagnostic. */
export class RegexSyntaxError extends Error {}
