// Matrices into panels.

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
