/** Branded identifiers. They are opaque: never concatenated, never parsed for meaning. */
declare const brand: unique symbol
export type Branded<B extends string> = string & { readonly [brand]: B }

export type DocId = Branded<'DocId'>
export type NodeId = Branded<'NodeId'>
export type EdgeId = Branded<'EdgeId'>
export type FrameId = Branded<'FrameId'>
export type StageId = Branded<'StageId'>
/** A gate or a best-of: what is decided between stages. */
export type DecisionId = Branded<'DecisionId'>
export type RunId = Branded<'RunId'>
/** SHA-256 of the bytes of an asset (a dataset file), hex. */
export type AssetId = Branded<'AssetId'>

/** Source of fresh ids; injected so that tests count and the app draws from `crypto`. */
export type IdSource = <T extends string>(prefix: string) => Branded<T>

/** 12 base-36 characters from the platform's generator: short enough to read in a file, 62 bits. */
export const randomIds: IdSource = <T extends string>(prefix: string): Branded<T> => {
  const words = crypto.getRandomValues(new Uint32Array(2))
  const text = (BigInt(words[0]!) * 4294967296n + BigInt(words[1]!)).toString(36).padStart(13, '0')
  return `${prefix}_${text.slice(1)}` as Branded<T>
}

/** Deterministic ids for tests: n_1, n_2, e_3 … */
export function countingIds(): IdSource {
  let next = 0
  return <T extends string>(prefix: string) => `${prefix}_${++next}` as Branded<T>
}
