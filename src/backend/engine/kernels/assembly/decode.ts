// Attention of one new token per sequence against its key-value cache. A cache holds, per layer and kv head, the keys as
// panels of 16 positions [cap / 16][size][16] and the values as panels of 16 columns [size / 16][cap][16]: the operands
// that attentionForward packs, so that decoding gives its bits.
import { gemm } from './gemm'
import { softmaxRow } from './softmax'

function append(keys: usize, values: usize, cap: i32, size: i32, k: usize, v: usize, position: i32): void {
  let at = keys + ((((position >> 4) * size * 16 + (position & 15)) as usize) << 2)
  for (let i = 0; i < size; i++) {
    store<f32>(at, load<f32>(k))
    at += 64
    k += 4
  }
  at = values + (((position * 16) as usize) << 2)
  for (let i = 0; i < size; i += 16) {
    v128.store(at, v128.load(v))
    v128.store(at, v128.load(v, 16), 16)
    v128.store(at, v128.load(v, 32), 32)
    v128.store(at, v128.load(v, 48), 48)
    at += ((cap * 16) as usize) << 2
    v += 64
  }
}

// Writes the keys and values of positions 0 … length − 1 of one layer into its part of a cache.
export function storeKeyValue(
  length: i32,
  kvHeads: i32,
  size: i32,
  k: usize,
  ldk: i32,
  v: usize,
  ldv: i32,
  cache: usize,
  cap: i32,
): void {
  const half = ((cap * size) as usize) << 2
  for (let j = 0; j < kvHeads; j++) {
    const column = ((j * size) as usize) << 2
    for (let t = 0; t < length; t++) {
      const kt = k + column + (((t * ldk) as usize) << 2)
      append(cache, cache + half, cap, size, kt, v + column + (((t * ldv) as usize) << 2), t)
    }
    cache += half << 1
  }
}

// One token for each of `rows` sequences: caches u32 [rows] (address of this layer's part), positions and caps i32 [rows].
// Stores the token's key and value, then attends over positions 0 … position. scores: (heads / kvHeads) · lds floats.
export function decodeAttention(
  rows: i32,
  heads: i32,
  kvHeads: i32,
  size: i32,
  q: usize,
  ldq: i32,
  k: usize,
  ldk: i32,
  v: usize,
  ldv: i32,
  caches: usize,
  offset: usize,
  positions: usize,
  caps: usize,
  o: usize,
  ldo: i32,
  scale: f32,
  scores: usize,
  lds: i32,
): void {
  const group = heads / kvHeads
  for (let s = 0; s < rows; s++) {
    const index = (s as usize) << 2
    const position = load<i32>(positions + index)
    const cap = load<i32>(caps + index)
    const half = ((cap * size) as usize) << 2
    const seen = position + 1
    const width = (seen + 15) & ~15
    let keys = (load<u32>(caches + index) as usize) + offset * (cap as usize)
    for (let j = 0; j < kvHeads; j++) {
      const column = ((j * size) as usize) << 2
      const head = column * (group as usize)
      append(keys, keys + half, cap, size, k + column, v + column, position)
      gemm(group, width, size, q + head, size, 1, keys, size * 16, scores, lds, 16, false)
      for (let g = 0; g < group; g++) softmaxRow(scores + (((g * lds) as usize) << 2), seen, width, scale)
      gemm(group, size, seen, scores, lds, 1, keys + half, cap * 16, o + head, size, 16, false)
      keys += half << 1
    }
    q += (ldq as usize) << 2
    k += (ldk as usize) << 2
    v += (ldv as usize) << 2
    o += (ldo as usize) << 2
  }
}
