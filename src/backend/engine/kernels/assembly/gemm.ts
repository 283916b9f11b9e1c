// Packing and the matrix product. The value of an output element depends on its row of A and its column of B alone:
// never on how many rows are computed together, so that batches of any composition give the same bits.
import { madd, sumLanes } from './simd'

// Yardstick for benchmarks: `n` rounds of twelve independent multiply-adds that stay in registers (96 flops a round).
export function peak(n: i32, x: f32): f32 {
  const a = f32x4.splat(x)
  const b = f32x4.splat(1e-9)
  let c0 = a,
    c1 = a,
    c2 = a,
    c3 = a,
    c4 = a,
    c5 = a
  let c6 = a,
    c7 = a,
    c8 = a,
    c9 = a,
    ca = a,
    cb = a
  do {
    c0 = madd(c0, a, b)
    c1 = madd(c1, a, b)
    c2 = madd(c2, a, b)
    c3 = madd(c3, a, b)
    c4 = madd(c4, a, b)
    c5 = madd(c5, a, b)
    c6 = madd(c6, a, b)
    c7 = madd(c7, a, b)
    c8 = madd(c8, a, b)
    c9 = madd(c9, a, b)
    ca = madd(ca, a, b)
    cb = madd(cb, a, b)
  } while (--n)
  const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(c4, c5))
  const high = f32x4.add(f32x4.add(f32x4.add(c6, c7), f32x4.add(c8, c9)), f32x4.add(ca, cb))
  return sumLanes(f32x4.add(low, high))
}

// src [rows, columns] with leading dimension ld → panels of [rows][16]; columns a multiple of 16.
export function packRows(src: usize, ld: i32, rows: i32, columns: i32, dst: usize): void {
  const step = (ld as usize) << 2
  for (let j = 0; j < columns; j += 16) {
    let s = src + ((j as usize) << 2)
    for (let k = 0; k < rows; k++) {
      v128.store(dst, v128.load(s))
      v128.store(dst, v128.load(s, 16), 16)
      v128.store(dst, v128.load(s, 32), 32)
      v128.store(dst, v128.load(s, 48), 48)
      s += step
      dst += 64
    }
  }
}

// src [rows, columns] → panels of its transpose, scaled: ceil(rows / 16) panels of [columns][16], absent rows as zeros;
// columns a multiple of 4.
export function packColumns(src: usize, ld: i32, rows: i32, columns: i32, dst: usize, scale: f32): void {
  const sc = f32x4.splat(scale)
  const none = f32x4.splat(0)
  const rs = (ld as usize) << 2
  const padded = (rows + 15) & ~15
  for (let j = 0; j < padded; j += 4) {
    let s = src + (j as usize) * rs
    let o = dst + ((((j >> 4) as usize) * (columns as usize)) << 6) + (((j & 15) as usize) << 2)
    const left = rows - j
    for (let k = 0; k < columns; k += 4) {
      const r0 = left > 0 ? f32x4.mul(sc, v128.load(s)) : none
      const r1 = left > 1 ? f32x4.mul(sc, v128.load(s + rs)) : none
      const r2 = left > 2 ? f32x4.mul(sc, v128.load(s + 2 * rs)) : none
      const r3 = left > 3 ? f32x4.mul(sc, v128.load(s + 3 * rs)) : none
      const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5)
      const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5)
      const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7)
      const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7)
      v128.store(o, v128.shuffle<i64>(t0, t1, 0, 2))
      v128.store(o, v128.shuffle<i64>(t0, t1, 1, 3), 64)
      v128.store(o, v128.shuffle<i64>(t2, t3, 0, 2), 128)
      v128.store(o, v128.shuffle<i64>(t2, t3, 1, 3), 192)
      s += 16
      o += 256
    }
  }
}

// Two rows of A against one panel. 2×16 is the widest tile whose accumulators stay in the registers V8 has; C is added
// at the end because loading it first costs a quarter of the speed.
function tile2(k: i32, a0: usize, a1: usize, step: usize, b: usize, c0: usize, c1: usize, add: bool): void {
  let x0 = f32x4.splat(0),
    x1 = x0,
    x2 = x0,
    x3 = x0
  let y0 = x0,
    y1 = x0,
    y2 = x0,
    y3 = x0
  do {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const b2 = v128.load(b, 32)
    const b3 = v128.load(b, 48)
    let a = v128.load_splat<f32>(a0)
    x0 = madd(a, b0, x0)
    x1 = madd(a, b1, x1)
    x2 = madd(a, b2, x2)
    x3 = madd(a, b3, x3)
    a = v128.load_splat<f32>(a1)
    y0 = madd(a, b0, y0)
    y1 = madd(a, b1, y1)
    y2 = madd(a, b2, y2)
    y3 = madd(a, b3, y3)
    a0 += step
    a1 += step
    b += 64
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

function tile1(k: i32, a0: usize, step: usize, b: usize, c0: usize, add: bool): void {
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
function tile1Wide(k: i32, a0: usize, step: usize, b: usize, d: usize, c0: usize, c1: usize, add: bool): void {
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

// C[M, N] = (add ? C : 0) + A[M, K] · B. Element (i, k) of A lies at a + i·ars + k·acs; panel p of B at b + p·bps;
// 16-column block p of row i of C at c + i·crs + p·cps (cps = 16 for a row-major C, its rows × 16 for one in panels).
// N a multiple of 16; K ≥ 1.
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  ars: i32,
  acs: i32,
  b: usize,
  bps: i32,
  c: usize,
  crs: i32,
  cps: i32,
  add: bool,
): void {
  // Down a column of A each element lies in another cache line: fewer of them at a time stay in the nearest cache.
  const depth = acs === 1 ? 256 : 128
  const height = 32
  const ar = (ars as usize) << 2
  const ac = (acs as usize) << 2
  const cr = (crs as usize) << 2
  const cp = (cps as usize) << 2
  const bp = (bps as usize) << 2
  for (let kk = 0; kk < k; kk += depth) {
    const kc = min(depth, k - kk)
    const more = add || kk > 0
    for (let mm = 0; mm < m; mm += height) {
      const end = min(mm + height, m)
      let panel = b + ((kk as usize) << 6)
      let block = c + (mm as usize) * cr
      const rows = a + (mm as usize) * ar + (kk as usize) * ac
      let j = 0
      if (end - mm === 1) {
        for (; j < n - 16; j += 32) {
          tile1Wide(kc, rows, ac, panel, panel + bp, block, block + cp, more)
          panel += bp << 1
          block += cp << 1
        }
      }
      for (; j < n; j += 16) {
        let x = rows
        let y = block
        let i = mm
        for (; i < end - 1; i += 2) {
          tile2(kc, x, x + ar, ac, panel, y, y + cr, more)
          x += ar << 1
          y += cr << 1
        }
        if (i < end) tile1(kc, x, ac, panel, y, more)
        panel += bp
        block += cp
      }
    }
  }
}
