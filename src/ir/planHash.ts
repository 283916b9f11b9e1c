/** The hash of a whole plan, from the keys of its stages and decisions. */
import { ByteText } from '../base/byteText.ts'
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** The keys of the newest plan, by their places and sorted, for whoever changes a few of them over and over. */
export type KeyMemo = {
  keys: readonly string[]
  sorted: string[]
  /** How many are not of hexadecimal digits: only what a person has pinned may be something else. */
  others: number
}

export function freshKeyMemo(): KeyMemo {
  return { keys: [], sorted: [], others: 0 }
}

const out = new ByteText()

/** More changes than this are sorted in anew. */
const FEW = 64

/** @param hashes keys by id; neither ids nor their order enter */
export function planHash(hashes: { readonly [id: string]: string }, memo: KeyMemo = freshKeyMemo()): string {
  const keys: string[] = []
  for (const id in hashes) keys.push(hashes[id]!)
  sortIn(memo, keys)
  out.clear().raw(`{"irVersion":${IR_VERSION},"stages":`)
  // Keys of digits need no escapes.
  if (keys.length === 0 || memo.others > 0) out.raw(canonicalJson(memo.sorted))
  else out.raw('["').raw(memo.sorted.join('","')).raw('"]')
  return sha256Hex(out.raw('}').written())
}

function sortIn(memo: KeyMemo, keys: readonly string[]): void {
  const { keys: before, sorted } = memo
  const changed: number[] = []
  if (before.length === keys.length) {
    for (let at = 0; at < keys.length && changed.length <= FEW; at++) if (before[at] !== keys[at]) changed.push(at)
  }
  memo.keys = keys
  if (before.length !== keys.length || changed.length > FEW) {
    memo.sorted = keys.toSorted()
    memo.others = keys.filter(isOther).length
    return
  }
  for (const at of changed) {
    const [old, key] = [before[at]!, keys[at]!]
    sorted.splice(placeOf(sorted, old), 1)
    sorted.splice(placeOf(sorted, key), 0, key)
    memo.others += Number(isOther(key)) - Number(isOther(old))
  }
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

function isOther(key: string): boolean {
  return !/^[0-9a-f]*$/.test(key)
}
