// The matrix product. The value of an output element depends on its row of A and its column of B alone:
// never on how many rows are computed together, so that batches of any composition give the same bits.
import { madd, sumLanes } from './simd'
import { pairs } from './pairs'
import { tile1, tile1Wide } from './singleRow'

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

// C[M, N] = (add ? C : 0) + A[M, K] · B. Element (i, k) of A lies at a + i·ars + k·acs, one of which is 1; panel p of B at b + p·bps;
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
  // A panel stays in the nearest cache while many rows pass by. Down a column of A each element lies in another cache
  // line: fewer of them at a time stay there.
  const depth = acs === 1 ? 256 : 128
  const height = acs === 1 ? 128 : 32
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
      const even = (end - mm) & ~1
      const rest = rows + (even as usize) * ar
      const below = (even as usize) * cr
      for (; j < n; j += 16) {
        if (even > 0) pairs(even, kc, rows, ar, ac, panel, block, cr, more)
        if (even < end - mm) tile1(kc, rest, ac, panel, block + below, more)
        panel += bp
        block += cp
      }
    }
  }
}
