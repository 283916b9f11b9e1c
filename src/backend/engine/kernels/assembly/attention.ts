// Causal grouped-query attention of one run of rows, a block of query rows at a time. The rows may continue a prefix that
// lies elsewhere (several continuations of one prompt share its rows): keys and values are then those of the prefix
// followed by those of the run. Pointers are to first rows; a prefix shares the strides of the run.
import { gemm } from './gemm'
import { packColumns, packRows } from './pack'
import { softmaxRow, softmaxRowBackward } from './softmax'

// Query rows taken together: all of them go over the keys that the last one sees, so that few waste little.
const BLOCK = 16

// [prefix | run] rows of one head, side by side in memory.
function gather(size: i32, prefix: i32, from: usize, length: i32, run: usize, ld: i32, to: usize): void {
  const bytes = (size as usize) << 2
  const step = (ld as usize) << 2
  for (let t = 0; t < prefix; t++) {
    memory.copy(to, from, bytes)
    to += bytes
    from += step
  }
  for (let t = 0; t < length; t++) {
    memory.copy(to, run, bytes)
    to += bytes
    run += step
  }
}

// The reverse for gradients: the prefix's are added to what its other continuations left there, the run's are stored.
function scatter(size: i32, prefix: i32, to: usize, length: i32, run: usize, ld: i32, from: usize): void {
  const bytes = (size as usize) << 2
  const step = (ld as usize) << 2
  for (let t = 0; t < prefix; t++) {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)))
    }
    from += bytes
    to += step
  }
  for (let t = 0; t < length; t++) {
    memory.copy(run, from, bytes)
    from += bytes
    run += step
  }
}

// q [length, heads·size], k and v [length, kvHeads·size] → o [length, heads·size]. scratch: with T = prefix + length,
// panels 4·ceil16(T)·size floats, scores BLOCK·lds floats with lds ≥ ceil16(T).
export function attentionForward(
  length: i32,
  prefix: i32,
  heads: i32,
  kvHeads: i32,
  size: i32,
  q: usize,
  ldq: i32,
  k: usize,
  prefixK: usize,
  ldk: i32,
  v: usize,
  prefixV: usize,
  ldv: i32,
  o: usize,
  ldo: i32,
  scale: f32,
  panels: usize,
  scores: usize,
  lds: i32,
): void {
  const group = heads / kvHeads
  const total = prefix + length
  const span = ((((total + 15) & ~15) * size) as usize) << 2
  const values = panels + span
  const rows0 = values + span
  for (let j = 0; j < kvHeads; j++) {
    const column = ((j * size) as usize) << 2
    if (prefix > 0) {
      gather(size, prefix, prefixK + column, length, k + column, ldk, rows0)
      packColumns(rows0, size, total, size, panels, 1)
      gather(size, prefix, prefixV + column, length, v + column, ldv, rows0)
      packRows(rows0, size, total, size, values)
    } else {
      packColumns(k + column, ldk, total, size, panels, 1)
      packRows(v + column, ldv, total, size, values)
    }
    for (let g = 0; g < group; g++) {
      const head = (((j * group + g) * size) as usize) << 2
      for (let r = 0; r < length; r += BLOCK) {
        const rows = min(BLOCK, length - r)
        const seen = prefix + r + rows
        const width = (seen + 15) & ~15
        const from = q + head + (((r * ldq) as usize) << 2)
        gemm(rows, width, size, from, ldq, 1, panels, size * 16, scores, lds, 16, false)
        for (let i = 0; i < rows; i++)
          softmaxRow(scores + (((i * lds) as usize) << 2), prefix + r + i + 1, width, scale)
        const to = o + head + (((r * ldo) as usize) << 2)
        gemm(rows, size, seen, scores, lds, 1, values, total * 16, to, ldo, 16, false)
      }
    }
  }
}

// Gradients dq, dk, dv of the run from do; those of the prefix's keys and values are added to prefixDk, prefixDv.
// scratch: panels 8·ceil16(T)·size floats; p and dp each length·lds floats.
export function attentionBackward(
  length: i32,
  prefix: i32,
  heads: i32,
  kvHeads: i32,
  size: i32,
  q: usize,
  ldq: i32,
  k: usize,
  prefixK: usize,
  ldk: i32,
  v: usize,
  prefixV: usize,
  ldv: i32,
  dO: usize,
  lddo: i32,
  dq: usize,
  dk: usize,
  prefixDk: usize,
  dv: usize,
  prefixDv: usize,
  ldd: i32,
  scale: f32,
  panels: usize,
  p: usize,
  dp: usize,
  lds: i32,
): void {
  const group = heads / kvHeads
  const total = prefix + length
  const span = ((((total + 15) & ~15) * size) as usize) << 2
  const valueColumns = panels + span
  const keyRows = valueColumns + span
  const queryRows = keyRows + span
  const outRows = queryRows + span
  const rows0 = outRows + span
  const keyGradients = rows0 + span
  const valueGradients = keyGradients + span
  const ls = (lds as usize) << 2
  for (let j = 0; j < kvHeads; j++) {
    const column = ((j * size) as usize) << 2
    let dks = dk + column
    let dvs = dv + column
    let ldg = ldd
    if (prefix > 0) {
      gather(size, prefix, prefixV + column, length, v + column, ldv, rows0)
      packColumns(rows0, size, total, size, valueColumns, 1)
      gather(size, prefix, prefixK + column, length, k + column, ldk, rows0)
      packColumns(rows0, size, total, size, panels, 1)
      packRows(rows0, size, total, size, keyRows)
      dks = keyGradients
      dvs = valueGradients
      ldg = size
    } else {
      packColumns(v + column, ldv, total, size, valueColumns, 1)
      packColumns(k + column, ldk, total, size, panels, 1)
      packRows(k + column, ldk, total, size, keyRows)
    }
    for (let g = 0; g < group; g++) {
      const head = (((j * group + g) * size) as usize) << 2
      for (let r = 0; r < length; r += BLOCK) {
        const rows = min(BLOCK, length - r)
        const seen = prefix + r + rows
        const width = (seen + 15) & ~15
        const pr = p + (r as usize) * ls
        const dpr = dp + (r as usize) * ls
        const qr = q + head + (((r * ldq) as usize) << 2)
        const dor = dO + head + (((r * lddo) as usize) << 2)
        gemm(rows, width, size, qr, ldq, 1, panels, size * 16, pr, lds, 16, false)
        gemm(rows, width, size, dor, lddo, 1, valueColumns, size * 16, dpr, lds, 16, false)
        for (let i = 0; i < rows; i++) {
          const at = (i as usize) * ls
          softmaxRowBackward(pr + at, dpr + at, prefix + r + i + 1, width, scale)
        }
        const to = dq + head + (((r * ldd) as usize) << 2)
        gemm(rows, size, seen, dpr, lds, 1, keyRows, total * 16, to, ldd, 16, false)
      }
      packRows(q + head, ldq, length, size, queryRows)
      packRows(dO + head, lddo, length, size, outRows)
      // Every query sees the whole prefix; block s of the run is seen from row s on. Blocks start where the run does, so
      // that the columns read were all written above.
      for (let s = 0; s < prefix; s += BLOCK) {
        const rows = min(BLOCK, prefix - s)
        const from = (s as usize) << 2
        const to = ((s * ldg) as usize) << 2
        gemm(rows, size, length, dp + from, 1, lds, queryRows, length * 16, dks + to, ldg, 16, g > 0)
        gemm(rows, size, length, p + from, 1, lds, outRows, length * 16, dvs + to, ldg, 16, g > 0)
      }
      for (let s = 0; s < length; s += BLOCK) {
        const rows = min(BLOCK, length - s)
        const from = (s as usize) * ls + (((prefix + s) as usize) << 2)
        const to = (((prefix + s) * ldg) as usize) << 2
        const skip = (s as usize) << 6
        gemm(rows, size, length - s, dp + from, 1, lds, queryRows + skip, length * 16, dks + to, ldg, 16, g > 0)
        gemm(rows, size, length - s, p + from, 1, lds, outRows + skip, length * 16, dvs + to, ldg, 16, g > 0)
      }
    }
    if (prefix > 0) {
      scatter(size, prefix, prefixDk + column, length, dk + column, ldd, keyGradients)
      scatter(size, prefix, prefixDv + column, length, dv + column, ldd, valueGradients)
    }
  }
}
