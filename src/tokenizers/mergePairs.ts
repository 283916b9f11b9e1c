/** Byte-pair merging over ids: the pair of lowest rank first, the leftmost of equals. Time n·log n in the length of a piece. */

/** Which adjacent ids merge: an open-addressed table, because a Map of 300,000 boxed keys is slow to fill and to ask. */
export class PairTable {
  readonly #mask: number
  /** left, right, rank, merged; left is -1 in a free slot. */
  readonly #slots: Int32Array

  /** @param capacity upper bound of the pairs that will be set */
  constructor(capacity: number) {
    let slots = 16
    while (slots < capacity * 2) slots *= 2
    this.#mask = slots - 1
    this.#slots = new Int32Array(slots * 4).fill(-1)
  }

  /** The first of two settings of one pair wins, as the first of two equal merges does. */
  set(left: number, right: number, rank: number, merged: number): void {
    const at = this.find(left, right)
    if (this.#slots[at] !== -1) return
    this.#slots[at] = left
    this.#slots[at + 1] = right
    this.#slots[at + 2] = rank
    this.#slots[at + 3] = merged
  }

  /** Handle of the pair's slot. */
  find(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    hash ^= hash >>> 15
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * 4
      const found = this.#slots[at]
      if (found === -1 || (found === left && this.#slots[at + 1] === right)) return at
    }
  }

  /** -1 when the pair does not merge. */
  rankAt(slot: number): number {
    return this.#slots[slot + 2]!
  }

  mergedAt(slot: number): number {
    return this.#slots[slot + 3]!
  }
}

/** Beyond this length a heap is faster than looking through all pairs again after each merge. */
const SHORT = 64

/** Ids after all merges. `ids` is used as working space, and the answer is a part of it. */
export function mergePairs(ids: Int32Array, table: PairTable): Int32Array {
  return ids.length <= SHORT ? mergeShort(ids, table) : mergeLong(ids, table)
}

function rankOf(table: PairTable, left: number, right: number): number {
  const rank = table.rankAt(table.find(left, right))
  return rank === -1 ? NONE : rank
}

const NONE = 0x7fffffff
const ranks = new Int32Array(SHORT)

function mergeShort(ids: Int32Array, table: PairTable): Int32Array {
  let length = ids.length
  for (let i = 0; i + 1 < length; i++) ranks[i] = rankOf(table, ids[i]!, ids[i + 1]!)
  for (;;) {
    let best = -1
    let lowest = NONE
    for (let i = 0; i + 1 < length; i++) {
      if (ranks[i]! < lowest) {
        lowest = ranks[i]!
        best = i
      }
    }
    if (best === -1) return ids.subarray(0, length)
    ids[best] = table.mergedAt(table.find(ids[best]!, ids[best + 1]!))
    ids.copyWithin(best + 1, best + 2, length)
    ranks.copyWithin(best + 1, best + 2, length - 1)
    length--
    if (best > 0) ranks[best - 1] = rankOf(table, ids[best - 1]!, ids[best]!)
    if (best + 1 < length) ranks[best] = rankOf(table, ids[best]!, ids[best + 1]!)
  }
}

/** Linked list of what is left, and a heap of (rank, position); entries that are out of date are passed over. */
function mergeLong(ids: Int32Array, table: PairTable): Int32Array {
  const length = ids.length
  const next = Int32Array.from({ length }, (_, i) => i + 1)
  const previous = Int32Array.from({ length }, (_, i) => i - 1)
  const pairRank = new Int32Array(length).fill(NONE)
  const heap = new RankHeap(length)
  const look = (at: number): void => {
    const right = next[at]!
    const rank = right < length ? rankOf(table, ids[at]!, ids[right]!) : NONE
    pairRank[at] = rank
    if (rank !== NONE) heap.push(rank, at)
  }
  for (let i = 0; i + 1 < length; i++) look(i)
  for (let key = heap.pop(); key !== -1; key = heap.pop()) {
    const at = key % POSITIONS
    const rank = (key - at) / POSITIONS
    if (pairRank[at] !== rank) continue
    const right = next[at]!
    ids[at] = table.mergedAt(table.find(ids[at]!, ids[right]!))
    pairRank[right] = NONE
    const after = next[right]!
    next[at] = after
    if (after < length) previous[after] = at
    look(at)
    if (previous[at]! >= 0) look(previous[at]!)
  }
  let count = 0
  for (let at = 0; at < length; at = next[at]!) ids[count++] = ids[at]!
  return ids.subarray(0, count)
}

/** Rank and position in one number: 2^31 positions times 2^21 ranks stay below 2^53. */
const POSITIONS = 2 ** 31

class RankHeap {
  #keys: Float64Array
  #size = 0

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity + 1)
  }

  push(rank: number, position: number): void {
    if (this.#size === this.#keys.length) {
      const wider = new Float64Array(this.#size * 2)
      wider.set(this.#keys)
      this.#keys = wider
    }
    const keys = this.#keys
    const key = rank * POSITIONS + position
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (keys[parent]! <= key) break
      keys[at] = keys[parent]!
      at = parent
    }
    keys[at] = key
  }

  /** -1 when empty. */
  pop(): number {
    if (this.#size === 0) return -1
    const keys = this.#keys
    const top = keys[0]!
    const last = keys[--this.#size]!
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && keys[child + 1]! < keys[child]!) child++
      if (keys[child]! >= last) break
      keys[at] = keys[child]!
      at = child
    }
    keys[at] = last
    return top
  }
}
