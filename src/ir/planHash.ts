/** The hash of a whole plan, from the keys of its stages and decisions. */
import { sha256Hex } from '../base/sha256.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** Lanes of a key: 16 bits each, four hex digits. */
const LANES = 16

/** The keys of the newest plan and their sum, lane by lane: after an edit most keys are those that were added before. */
export type KeySum = { readonly keys: string[]; readonly lanes: Float64Array }

export function freshKeySum(): KeySum {
  return { keys: [], lanes: new Float64Array(LANES) }
}

/**
 * SHA-256 of how many keys there are and of their sum modulo 2²⁵⁶, which needs no order among them: sorting thousands of keys
 * after every edit would take longer than all else that an edit costs here. Sums of hashes collide as rarely as hashes do,
 * unless somebody looks for it; plans are told apart by this, not trusted.
 * @param hashes keys by id; ids do not enter
 */
export function planHash(hashes: { readonly [id: string]: string }, sum: KeySum = freshKeySum()): string {
  const { keys, lanes } = sum
  let count = 0
  for (const id in hashes) {
    const key = hashes[id]!
    const before = keys[count]
    if (before !== key) {
      if (before !== undefined) add(lanes, before, -1)
      add(lanes, key, 1)
      keys[count] = key
    }
    count++
  }
  for (const gone of keys.splice(count)) add(lanes, gone, -1)
  return sha256Hex(`{"irVersion":${IR_VERSION},"keys":${count},"sum":"${hexOf(lanes)}"}`)
}

function add(lanes: Float64Array, key: string, times: 1 | -1): void {
  // Only what a person has pinned may be something else than a key.
  if (!isKey(key)) return add(lanes, sha256Hex(key), times)
  for (let lane = 0, at = 0; lane < LANES; lane++, at += 4) {
    const value =
      (digitOf(key.charCodeAt(at)) << 12) |
      (digitOf(key.charCodeAt(at + 1)) << 8) |
      (digitOf(key.charCodeAt(at + 2)) << 4) |
      digitOf(key.charCodeAt(at + 3))
    lanes[lane]! += times * value
  }
}

function isKey(text: string): boolean {
  if (text.length !== LANES * 4) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false
  }
  return true
}

/** Of `0`–`9` and `a`–`f`. */
function digitOf(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57
}

/** The sum, its lowest lane last; what does not fit into 256 bits falls off. */
function hexOf(lanes: Float64Array): string {
  let text = ''
  let carry = 0
  for (let lane = LANES - 1; lane >= 0; lane--) {
    const value = lanes[lane]! + carry
    carry = Math.floor(value / 0x10000)
    text = (value % 0x10000).toString(16).padStart(4, '0') + text
  }
  return text
}
