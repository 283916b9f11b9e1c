// Causal grouped-query attention over one sequence, 32 query rows at a time. All pointers are to the sequence's first row.
import { gemm, packColumns, packRows } from './gemm'
import { softmaxRow, softmaxRowBackward } from './softmax'

// q [T, heads·size], k and v [T, kvHeads·size] → o [T, heads·size]. scratch: panels 2·ceil16(T)·size floats, then
// scores 32 · lds floats with lds ≥ ceil16(T).
export function attentionForward(
  length: i32,
  heads: i32,
  kvHeads: i32,
  size: i32,
  q: usize,
  ldq: i32,
  k: usize,
  ldk: i32,
  v: usize,
  ldv: i32,
  o: usize,
  ldo: i32,
  scale: f32,
  panels: usize,
  scores: usize,
  lds: i32,
): void {
  const group = heads / kvHeads
  const values = panels + ((((length + 15) & ~15) * size) as usize) * 4
  for (let j = 0; j < kvHeads; j++) {
    const column = ((j * size) as usize) << 2
    packColumns(k + column, ldk, length, size, panels, 1)
    packRows(v + column, ldv, length, size, values)
    for (let g = 0; g < group; g++) {
      const head = (((j * group + g) * size) as usize) << 2
      for (let r = 0; r < length; r += 32) {
        const rows = min(32, length - r)
        const seen = r + rows
        const width = (seen + 15) & ~15
        gemm(
          rows,
          width,
          size,
          q + head + (((r * ldq) as usize) << 2),
          ldq,
          1,
          panels,
          size * 16,
          scores,
          lds,
          16,
          false,
        )
        for (let i = 0; i < rows; i++) softmaxRow(scores + (((i * lds) as usize) << 2), r + i + 1, width, scale)
        const to = o + head + (((r * ldo) as usize) << 2)
        gemm(rows, size, seen, scores, lds, 1, values, length * 16, to, ldo, 16, false)
      }
    }
  }
}

// Gradients dq, dk, dv from do. scratch: panels 5·ceil16(T)·size floats; p and dp each ceil32(T)·lds floats.
export function attentionBackward(
  length: i32,
  heads: i32,
  kvHeads: i32,
  size: i32,
  q: usize,
  ldq: i32,
  k: usize,
  ldk: i32,
  v: usize,
  ldv: i32,
  dO: usize,
  lddo: i32,
  dq: usize,
  dk: usize,
  dv: usize,
  ldd: i32,
  scale: f32,
  panels: usize,
  p: usize,
  dp: usize,
  lds: i32,
): void {
  const group = heads / kvHeads
  const span = ((((length + 15) & ~15) * size) as usize) << 2
  const valueColumns = panels + span
  const keyRows = valueColumns + span
  const queryRows = keyRows + span
  const outRows = queryRows + span
  const ls = (lds as usize) << 2
  for (let j = 0; j < kvHeads; j++) {
    const column = ((j * size) as usize) << 2
    packColumns(k + column, ldk, length, size, panels, 1)
    packColumns(v + column, ldv, length, size, valueColumns, 1)
    packRows(k + column, ldk, length, size, keyRows)
    for (let g = 0; g < group; g++) {
      const head = (((j * group + g) * size) as usize) << 2
      for (let r = 0; r < length; r += 32) {
        const rows = min(32, length - r)
        const seen = r + rows
        const width = (seen + 15) & ~15
        const pr = p + (r as usize) * ls
        const dpr = dp + (r as usize) * ls
        gemm(rows, width, size, q + head + (((r * ldq) as usize) << 2), ldq, 1, panels, size * 16, pr, lds, 16, false)
        gemm(
          rows,
          width,
          size,
          dO + head + (((r * lddo) as usize) << 2),
          lddo,
          1,
          valueColumns,
          size * 16,
          dpr,
          lds,
          16,
          false,
        )
        for (let i = 0; i < rows; i++) {
          softmaxRow(pr + (i as usize) * ls, r + i + 1, width, scale)
          softmaxRowBackward(pr + (i as usize) * ls, dpr + (i as usize) * ls, width, scale)
        }
        gemm(
          rows,
          size,
          seen,
          dpr,
          lds,
          1,
          keyRows,
          length * 16,
          dq + head + (((r * ldd) as usize) << 2),
          ldd,
          16,
          false,
        )
      }
      packRows(q + head, ldq, length, size, queryRows)
      packRows(dO + head, lddo, length, size, outRows)
      for (let s = 0; s < length; s += 32) {
        const rows = min(32, length - s)
        const from = (s as usize) * ls + ((s as usize) << 2)
        const to = column + (((s * ldd) as usize) << 2)
        const skip = (s as usize) << 6
        gemm(rows, size, length - s, dp + from, 1, lds, queryRows + skip, length * 16, dk + to, ldd, 16, g > 0)
        gemm(rows, size, length - s, p + from, 1, lds, outRows + skip, length * 16, dv + to, ldd, 16, g > 0)
      }
    }
  }
}
