// The inner loops of the matrix product: two rows of A at a time against a panel of B, all sums in registers. C is added
// at the end because loading it first costs a quarter of the speed.
import { madd } from './simd'

// What all tiles of a call have in common. Not parameters: V8 would keep them in registers that the inner loops need.
let depth: i32 = 0
let panel: usize = 0
let aStep: usize = 0
let cStep: usize = 0
let adding: bool = false

// m rows of A, an even number and not 0, against one panel. Row i of A starts at a + i·ar, its elements ac apart; one of
// the two is the size of an element. Rows of C are cr apart. All in bytes.
export function pairs(m: i32, k: i32, a: usize, ar: usize, ac: usize, b: usize, c: usize, cr: usize, add: bool): void {
  depth = k
  panel = b
  cStep = cr
  adding = add
  const end = a + (m as usize) * ar
  if (ac === 4) {
    aStep = ar
    rowPairs(a, end, c)
  } else {
    aStep = ac
    columnPairs(a, end, c)
  }
}

// 2×16 is the widest tile whose sums and operands fit the registers V8 has. Four steps a turn leave little but products
// to issue; V8 moves the loads of a straight piece of code to its front, for which it would lack the registers, and the
// exits between the steps stop it.
function rowPairs(a: usize, end: usize, c: usize): void {
  do {
    let x0 = f32x4.splat(0),
      x1 = x0,
      x2 = x0,
      x3 = x0
    let y0 = x0,
      y1 = x0,
      y2 = x0,
      y3 = x0
    let n = depth
    let p = panel
    let a0 = a
    let a1 = a + aStep
    do {
      let b0 = v128.load(p)
      let b1 = v128.load(p, 16)
      let b2 = v128.load(p, 32)
      let b3 = v128.load(p, 48)
      let s = v128.load_splat<f32>(a0)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a1)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      if (n === 1) break
      b0 = v128.load(p, 64)
      b1 = v128.load(p, 80)
      b2 = v128.load(p, 96)
      b3 = v128.load(p, 112)
      s = v128.load_splat<f32>(a0, 4)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a1, 4)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      if (n === 2) break
      b0 = v128.load(p, 128)
      b1 = v128.load(p, 144)
      b2 = v128.load(p, 160)
      b3 = v128.load(p, 176)
      s = v128.load_splat<f32>(a0, 8)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a1, 8)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      if (n === 3) break
      b0 = v128.load(p, 192)
      b1 = v128.load(p, 208)
      b2 = v128.load(p, 224)
      b3 = v128.load(p, 240)
      s = v128.load_splat<f32>(a0, 12)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a1, 12)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      a0 += 16
      a1 += 16
      p += 256
      n -= 4
    } while (n)
    const d = c + cStep
    if (adding) {
      x0 = f32x4.add(x0, v128.load(c))
      x1 = f32x4.add(x1, v128.load(c, 16))
      x2 = f32x4.add(x2, v128.load(c, 32))
      x3 = f32x4.add(x3, v128.load(c, 48))
      y0 = f32x4.add(y0, v128.load(d))
      y1 = f32x4.add(y1, v128.load(d, 16))
      y2 = f32x4.add(y2, v128.load(d, 32))
      y3 = f32x4.add(y3, v128.load(d, 48))
    }
    v128.store(c, x0)
    v128.store(c, x1, 16)
    v128.store(c, x2, 32)
    v128.store(c, x3, 48)
    v128.store(d, y0)
    v128.store(d, y1, 16)
    v128.store(d, y2, 32)
    v128.store(d, y3, 48)
    a += aStep << 1
    c = d + cStep
  } while (a !== end)
}

// The same where the columns of A are in one piece.
function columnPairs(a: usize, end: usize, c: usize): void {
  do {
    let x0 = f32x4.splat(0),
      x1 = x0,
      x2 = x0,
      x3 = x0
    let y0 = x0,
      y1 = x0,
      y2 = x0,
      y3 = x0
    let n = depth
    let p = panel
    let a0 = a
    const step = aStep
    do {
      let b0 = v128.load(p)
      let b1 = v128.load(p, 16)
      let b2 = v128.load(p, 32)
      let b3 = v128.load(p, 48)
      let s = v128.load_splat<f32>(a0)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a0, 4)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      a0 += step
      if (n === 1) break
      b0 = v128.load(p, 64)
      b1 = v128.load(p, 80)
      b2 = v128.load(p, 96)
      b3 = v128.load(p, 112)
      s = v128.load_splat<f32>(a0)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a0, 4)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      a0 += step
      if (n === 2) break
      b0 = v128.load(p, 128)
      b1 = v128.load(p, 144)
      b2 = v128.load(p, 160)
      b3 = v128.load(p, 176)
      s = v128.load_splat<f32>(a0)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a0, 4)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      a0 += step
      if (n === 3) break
      b0 = v128.load(p, 192)
      b1 = v128.load(p, 208)
      b2 = v128.load(p, 224)
      b3 = v128.load(p, 240)
      s = v128.load_splat<f32>(a0)
      x0 = madd(s, b0, x0)
      x1 = madd(s, b1, x1)
      x2 = madd(s, b2, x2)
      x3 = madd(s, b3, x3)
      s = v128.load_splat<f32>(a0, 4)
      y0 = madd(s, b0, y0)
      y1 = madd(s, b1, y1)
      y2 = madd(s, b2, y2)
      y3 = madd(s, b3, y3)
      a0 += step
      p += 256
      n -= 4
    } while (n)
    const d = c + cStep
    if (adding) {
      x0 = f32x4.add(x0, v128.load(c))
      x1 = f32x4.add(x1, v128.load(c, 16))
      x2 = f32x4.add(x2, v128.load(c, 32))
      x3 = f32x4.add(x3, v128.load(c, 48))
      y0 = f32x4.add(y0, v128.load(d))
      y1 = f32x4.add(y1, v128.load(d, 16))
      y2 = f32x4.add(y2, v128.load(d, 32))
      y3 = f32x4.add(y3, v128.load(d, 48))
    }
    v128.store(c, x0)
    v128.store(c, x1, 16)
    v128.store(c, x2, 32)
    v128.store(c, x3, 48)
    v128.store(d, y0)
    v128.store(d, y1, 16)
    v128.store(d, y2, 32)
    v128.store(d, y3, 48)
    a += 8
    c = d + cStep
  } while (a !== end)
}
