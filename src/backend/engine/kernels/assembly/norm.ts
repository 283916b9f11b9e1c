// RMSNorm over rows, and the per-head RMSNorm + rotary embedding that Qwen3 applies to queries and keys.
import { madd, sumLanes } from './simd'

// y = x · r · weight with r = 1 / sqrt(mean(x²) + eps), kept per row for the backward pass. width a multiple of 4.
export function rmsForward(
  rows: i32,
  width: i32,
  x: usize,
  ldx: i32,
  weight: usize,
  y: usize,
  ldy: i32,
  inverse: usize,
  eps: f32,
): void {
  const end = (width as usize) << 2
  for (let t = 0; t < rows; t++) {
    let s = f32x4.splat(0)
    for (let i: usize = 0; i < end; i += 16) {
      const v = v128.load(x + i)
      s = madd(v, v, s)
    }
    const r: f32 = 1 / sqrt<f32>(sumLanes(s) / (width as f32) + eps)
    store<f32>(inverse, r)
    inverse += 4
    const rv = f32x4.splat(r)
    for (let i: usize = 0; i < end; i += 16) {
      v128.store(y + i, f32x4.mul(f32x4.mul(v128.load(x + i), rv), v128.load(weight + i)))
    }
    x += (ldx as usize) << 2
    y += (ldy as usize) << 2
  }
}

// dx += r·weight·dy − x · r³/width · Σ(dy·weight·x)
export function rmsBackward(
  rows: i32,
  width: i32,
  x: usize,
  ldx: i32,
  weight: usize,
  dy: usize,
  lddy: i32,
  inverse: usize,
  dx: usize,
  lddx: i32,
): void {
  const end = (width as usize) << 2
  for (let t = 0; t < rows; t++) {
    let s = f32x4.splat(0)
    for (let i: usize = 0; i < end; i += 16) {
      s = madd(f32x4.mul(v128.load(dy + i), v128.load(weight + i)), v128.load(x + i), s)
    }
    const r = load<f32>(inverse)
    inverse += 4
    const k = f32x4.splat((-r * r * r * sumLanes(s)) / (width as f32))
    const rv = f32x4.splat(r)
    for (let i: usize = 0; i < end; i += 16) {
      const direct = f32x4.mul(rv, f32x4.mul(v128.load(dy + i), v128.load(weight + i)))
      v128.store(dx + i, f32x4.add(v128.load(dx + i), madd(k, v128.load(x + i), direct)))
    }
    x += (ldx as usize) << 2
    dy += (lddy as usize) << 2
    dx += (lddx as usize) << 2
  }
}

// For each token and head: y = rotate(rms(x) · weight). positions i32 [rows]; cos, sin [position][size / 2]; size a
// multiple of 8; inverse [rows · heads]. The two halves of a head form the rotated pairs.
export function headNormRope(
  rows: i32,
  heads: i32,
  size: i32,
  x: usize,
  ldx: i32,
  weight: usize,
  positions: usize,
  cos: usize,
  sin: usize,
  eps: f32,
  y: usize,
  ldy: i32,
  inverse: usize,
): void {
  const half = ((size >> 1) as usize) << 2
  for (let t = 0; t < rows; t++) {
    const at = (load<i32>(positions) as usize) * half
    positions += 4
    for (let h = 0; h < heads; h++) {
      const from = x + ((h * size) as usize) * 4
      const to = y + ((h * size) as usize) * 4
      let s = f32x4.splat(0)
      for (let i: usize = 0; i < half << 1; i += 16) {
        const v = v128.load(from + i)
        s = madd(v, v, s)
      }
      const r: f32 = 1 / sqrt<f32>(sumLanes(s) / (size as f32) + eps)
      store<f32>(inverse, r)
      inverse += 4
      const rv = f32x4.splat(r)
      for (let i: usize = 0; i < half; i += 16) {
        const c = v128.load(cos + at + i)
        const n = v128.load(sin + at + i)
        const u = f32x4.mul(f32x4.mul(v128.load(from + i), rv), v128.load(weight + i))
        const w = f32x4.mul(f32x4.mul(v128.load(from + half + i), rv), v128.load(weight + half + i))
        v128.store(to + i, f32x4.sub(f32x4.mul(u, c), f32x4.mul(w, n)))
        v128.store(to + half + i, f32x4.add(f32x4.mul(w, c), f32x4.mul(u, n)))
      }
    }
    x += (ldx as usize) << 2
    y += (ldy as usize) << 2
  }
}

// The gradient of headNormRope, in place over dy: rotate back, then through the norm.
export function headNormRopeBackward(
  rows: i32,
  heads: i32,
  size: i32,
  x: usize,
  ldx: i32,
  weight: usize,
  positions: usize,
  cos: usize,
  sin: usize,
  inverse: usize,
  dy: usize,
  lddy: i32,
): void {
  const half = ((size >> 1) as usize) << 2
  for (let t = 0; t < rows; t++) {
    const at = (load<i32>(positions) as usize) * half
    positions += 4
    for (let h = 0; h < heads; h++) {
      const from = x + ((h * size) as usize) * 4
      const to = dy + ((h * size) as usize) * 4
      let s = f32x4.splat(0)
      for (let i: usize = 0; i < half; i += 16) {
        const c = v128.load(cos + at + i)
        const n = v128.load(sin + at + i)
        const a = v128.load(to + i)
        const b = v128.load(to + half + i)
        const u = f32x4.mul(f32x4.add(f32x4.mul(a, c), f32x4.mul(b, n)), v128.load(weight + i))
        const w = f32x4.mul(f32x4.sub(f32x4.mul(b, c), f32x4.mul(a, n)), v128.load(weight + half + i))
        v128.store(to + i, u)
        v128.store(to + half + i, w)
        s = madd(u, v128.load(from + i), s)
        s = madd(w, v128.load(from + half + i), s)
      }
      const r = load<f32>(inverse)
      inverse += 4
      const k = f32x4.splat((-r * r * r * sumLanes(s)) / (size as f32))
      const rv = f32x4.splat(r)
      for (let i: usize = 0; i < half << 1; i += 16) {
        v128.store(to + i, madd(k, v128.load(from + i), f32x4.mul(rv, v128.load(to + i))))
      }
    }
    x += (ldx as usize) << 2
    dy += (lddy as usize) << 2
  }
}
