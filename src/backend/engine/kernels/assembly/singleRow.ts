// The inner loops of the matrix product for a row that has no pair: the last of an odd number, or a single sequence.
import { madd } from './simd'

export function tile1(k: i32, a0: usize, step: usize, b: usize, c0: usize, add: bool): void {
  let x0 = f32x4.splat(0),
    x1 = x0,
    x2 = x0,
    x3 = x0
  do {
    const a = v128.load_splat<f32>(a0)
    x0 = madd(a, v128.load(b), x0)
    x1 = madd(a, v128.load(b, 16), x1)
    x2 = madd(a, v128.load(b, 32), x2)
    x3 = madd(a, v128.load(b, 48), x3)
    a0 += step
    b += 64
  } while (--k)
  if (add) {
    x0 = f32x4.add(x0, v128.load(c0))
    x1 = f32x4.add(x1, v128.load(c0, 16))
    x2 = f32x4.add(x2, v128.load(c0, 32))
    x3 = f32x4.add(x3, v128.load(c0, 48))
  }
  v128.store(c0, x0)
  v128.store(c0, x1, 16)
  v128.store(c0, x2, 32)
  v128.store(c0, x3, 48)
}

// One row of A against two panels: as many independent sums as in tile2, so that a single sequence is decoded at the
// speed of memory rather than at the latency of an addition. The exit in the middle, never taken, keeps V8 from loading
// both panels first, for which it lacks the registers.
export function tile1Wide(k: i32, a0: usize, step: usize, b: usize, d: usize, c0: usize, c1: usize, add: bool): void {
  let x0 = f32x4.splat(0),
    x1 = x0,
    x2 = x0,
    x3 = x0
  let y0 = x0,
    y1 = x0,
    y2 = x0,
    y3 = x0
  do {
    const a = v128.load_splat<f32>(a0)
    x0 = madd(a, v128.load(b), x0)
    x1 = madd(a, v128.load(b, 16), x1)
    x2 = madd(a, v128.load(b, 32), x2)
    x3 = madd(a, v128.load(b, 48), x3)
    if (!d) break
    y0 = madd(a, v128.load(d), y0)
    y1 = madd(a, v128.load(d, 16), y1)
    y2 = madd(a, v128.load(d, 32), y2)
    y3 = madd(a, v128.load(d, 48), y3)
    a0 += step
    b += 64
    d += 64
  } while (--k)
  if (add) {
    x0 = f32x4.add(x0, v128.load(c0))
    x1 = f32x4.add(x1, v128.load(c0, 16))
    x2 = f32x4.add(x2, v128.load(c0, 32))
    x3 = f32x4.add(x3, v128.load(c0, 48))
    y0 = f32x4.add(y0, v128.load(c1))
    y1 = f32x4.add(y1, v128.load(c1, 16))
    y2 = f32x4.add(y2, v128.load(c1, 32))
    y3 = f32x4.add(y3, v128.load(c1, 48))
  }
  v128.store(c0, x0)
  v128.store(c0, x1, 16)
  v128.store(c0, x2, 32)
  v128.store(c0, x3, 48)
  v128.store(c1, y0)
  v128.store(c1, y1, 16)
  v128.store(c1, y2, 32)
  v128.store(c1, y3, 48)
}
