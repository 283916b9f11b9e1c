/** The hash of a whole plan, from the keys of its stages and decisions. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** The keys of the newest plan, by their places and sorted, for whoever changes a few of them over and over. */
export type KeyMemo = { keys: readonly string[]; sorted: string[] }

export function freshKeyMemo(): KeyMemo {
  return { keys: [], sorted: [] }
}

/** More changes than this are sorted in anew. */
const FEW = 64

/** @param hashes keys by id; neither ids nor their order enter */
export function planHash(hashes: { readonly [id: string]: string }, memo: KeyMemo = freshKeyMemo()): string {
  const keys: string[] = []
  for (const id in hashes) keys.push(hashes[id]!)
  memo.sorted = sortedLike(memo, keys)
  memo.keys = keys
  // Keys need no escapes; only what a person has pinned may.
  const stages = keys.every(isKey) ? `["${memo.sorted.join('","')}"]` : canonicalJson(memo.sorted)
  return sha256Hex(`{"irVersion":${IR_VERSION},"stages":${keys.length === 0 ? '[]' : stages}}`)
}

function sortedLike({ keys: before, sorted }: KeyMemo, keys: readonly string[]): string[] {
  const changed: number[] = []
  if (before.length === keys.length) {
    for (let at = 0; at < keys.length && changed.length <= FEW; at++) if (before[at] !== keys[at]) changed.push(at)
  }
  if (before.length !== keys.length || changed.length > FEW) return keys.toSorted()
  for (const at of changed) {
    sorted.splice(placeOf(sorted, before[at]!), 1)
    sorted.splice(placeOf(sorted, keys[at]!), 0, keys[at]!)
  }
  return sorted
}

/** Where a key stands, or would stand. */
function placeOf(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

const KEY = /^[0-9a-f]*$/

function isKey(hash: string): boolean {
  return KEY.test(hash)
}
