// Softmax in its three uses: attention rows, log-probabilities of targets, and the sampler's tempered distribution.
import { madd, maxLanes, sumLanes, vexpBelow } from './simd'

// Maximum of the first n entries; the lanes between n and the next multiple of 4 become −infinity.
//@inline
function rowMax(row: usize, n: i32): f32 {
  for (let i = n; i & 3; i++) store<f32>(row + ((i as usize) << 2), -Infinity)
  const end = (((n + 3) & ~3) as usize) << 2
  let mv = v128.load(row)
  for (let i: usize = 16; i < end; i += 16) mv = f32x4.pmax(mv, v128.load(row + i))
  return maxLanes(mv)
}

// to = e^((from − shift) · heat) for the first n entries, zeros up to the next multiple of 4; returns their sum, which runs
// over fixed lanes: it depends on the n entries alone. No entry is above `shift`.
//@inline
function exponentials(from: usize, to: usize, n: i32, shift: f32, heat: v128): f32 {
  const down = f32x4.splat(shift)
  const full = ((n & ~3) as usize) << 2
  let sum = f32x4.splat(0)
  for (let i: usize = 0; i < full; i += 16) {
    const e = vexpBelow(f32x4.mul(f32x4.sub(v128.load(from + i), down), heat))
    v128.store(to + i, e)
    sum = f32x4.add(sum, e)
  }
  if (n & 3) {
    const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n & 3))
    const e = v128.and(vexpBelow(f32x4.mul(f32x4.sub(v128.load(from + full), down), heat)), inside)
    v128.store(to + full, e)
    sum = f32x4.add(sum, e)
  }
  return sumLanes(sum)
}

// Softmax of the first n of `width` scores times scale, the rest set to zero. width a multiple of 4, n ≥ 1; scale > 0.
// The result does not depend on width.
export function softmaxRow(s: usize, n: i32, width: i32, scale: f32): void {
  const inverse = f32x4.splat(1 / exponentials(s, s, n, rowMax(s, n), f32x4.splat(scale)))
  const end = (((n + 3) & ~3) as usize) << 2
  for (let i: usize = 0; i < end; i += 16) v128.store(s + i, f32x4.mul(inverse, v128.load(s + i)))
  for (let i = end; i < (width as usize) << 2; i += 16) v128.store(s + i, f32x4.splat(0))
}

// softmaxRow of p, then dS = P · (dP − Σ P·dP) · scale in place over dP. What lies in dP where P is zero must be finite.
export function softmaxRowBackward(p: usize, dp: usize, n: i32, width: i32, scale: f32): void {
  const inverse = f32x4.splat(1 / exponentials(p, p, n, rowMax(p, n), f32x4.splat(scale)))
  const end = (((n + 3) & ~3) as usize) << 2
  let s = f32x4.splat(0)
  for (let i: usize = 0; i < end; i += 16) {
    const q = f32x4.mul(inverse, v128.load(p + i))
    v128.store(p + i, q)
    s = madd(q, v128.load(dp + i), s)
  }
  const dot = f32x4.splat(sumLanes(s))
  const sc = f32x4.splat(scale)
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dp + i, f32x4.mul(sc, f32x4.mul(v128.load(p + i), f32x4.sub(v128.load(dp + i), dot))))
  }
  for (let i = end; i < (width as usize) << 2; i += 16) {
    v128.store(p + i, f32x4.splat(0))
    v128.store(dp + i, f32x4.splat(0))
  }
}

// logits [rows, vocab] → probabilities in place; out[t·k + j] = log p(targets[t·k + j]). targets i32.
export function targetLogprobs(
  rows: i32,
  vocab: i32,
  logits: usize,
  ld: i32,
  k: i32,
  targets: usize,
  out: usize,
): void {
  const end = (((vocab + 3) & ~3) as usize) << 2
  for (let t = 0; t < rows; t++) {
    const m = rowMax(logits, vocab)
    for (let j = 0; j < k; j++) {
      const at = (j as usize) << 2
      store<f32>(out + at, load<f32>(logits + ((load<i32>(targets + at) as usize) << 2)) - m)
    }
    const sum = exponentials(logits, logits, vocab, m, f32x4.splat(1))
    const log = Math.log(sum as f64) as f32
    for (let j = 0; j < k; j++) {
      const at = (j as usize) << 2
      store<f32>(out + at, load<f32>(out + at) - log)
    }
    const inverse = f32x4.splat(1 / sum)
    for (let i: usize = 0; i < end; i += 16) v128.store(logits + i, f32x4.mul(inverse, v128.load(logits + i)))
    logits += (ld as usize) << 2
    targets += (k as usize) << 2
    out += (k as usize) << 2
  }
}

// probabilities → gradient of the logits in place, given w = dLoss/dlogprob per target: Σ_j w_j·(onehot_j − p)
export function logprobGradient(rows: i32, vocab: i32, p: usize, ld: i32, k: i32, targets: usize, w: usize): void {
  const end = (((vocab + 3) & ~3) as usize) << 2
  for (let t = 0; t < rows; t++) {
    let total: f32 = 0
    for (let j = 0; j < k; j++) total += load<f32>(w + ((j as usize) << 2))
    const minus = f32x4.splat(-total)
    for (let i: usize = 0; i < end; i += 16) v128.store(p + i, f32x4.mul(minus, v128.load(p + i)))
    for (let j = 0; j < k; j++) {
      const at = (j as usize) << 2
      const q = p + ((load<i32>(targets + at) as usize) << 2)
      store<f32>(q, load<f32>(q) + load<f32>(w + at))
    }
    p += (ld as usize) << 2
    targets += (k as usize) << 2
    w += (k as usize) << 2
  }
}

// probs[row] = softmax(logits[row] · inverse temperature[row]); stats[row] = maximum logit, log of the sum of
// exponentials. Logits stay. With inverse temperature 1 the arithmetic is that of targetLogprobs, bit for bit.
export function temper(
  rows: i32,
  vocab: i32,
  logits: usize,
  ld: i32,
  inverseTemperature: usize,
  probs: usize,
  ldp: i32,
  stats: usize,
): void {
  const end = (((vocab + 3) & ~3) as usize) << 2
  for (let t = 0; t < rows; t++) {
    const m = rowMax(logits, vocab)
    const sum = exponentials(logits, probs, vocab, m, v128.load_splat<f32>(inverseTemperature))
    store<f32>(stats, m)
    store<f32>(stats, Math.log(sum as f64) as f32, 4)
    const inverse = f32x4.splat(1 / sum)
    for (let i: usize = 0; i < end; i += 16) v128.store(probs + i, f32x4.mul(inverse, v128.load(probs + i)))
    logits += (ld as usize) << 2
    probs += (ldp as usize) << 2
    inverseTemperature += 4
    stats += 8
  }
}
