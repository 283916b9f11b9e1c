// Row gathers, scaling and the SwiGLU activation.
import { vexp } from './simd'

// x[t] = table[tokens[t]]; tokens i32 [rows], checked by the host: linear memory has no bounds inside it.
export function embed(rows: i32, width: i32, tokens: usize, table: usize, x: usize, ldx: i32): void {
  const bytes = (width as usize) << 2
  for (let t = 0; t < rows; t++) {
    memory.copy(x, table + (load<i32>(tokens) as usize) * bytes, bytes)
    tokens += 4
    x += (ldx as usize) << 2
  }
}

export function copy(dst: usize, src: usize, floats: i32): void {
  memory.copy(dst, src, (floats as usize) << 2)
}

// x *= by, over a multiple of 4 floats.
export function scale(x: usize, floats: i32, by: f32): void {
  const factor = f32x4.splat(by)
  const end = x + ((floats as usize) << 2)
  for (; x < end; x += 16) v128.store(x, f32x4.mul(factor, v128.load(x)))
}

// The exponentials of a stretch of a row: in loops of their own, as the steps from one gate to its gradient are too long a
// chain for a processor to have several under way. They lie in the first page of memory, which the host leaves alone.
const STRETCH: usize = 2048
const exponentials: usize = 32768

// exponentials = e^−gate
//@inline
function negatedExponentials(gate: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(exponentials + i, vexp(f32x4.neg(v128.load(gate + i))))
}

// gu [rows, 2·width] holds gate | up; y = gate · sigmoid(gate) · up. width a multiple of 4.
export function swigluForward(rows: i32, width: i32, gu: usize, ldg: i32, y: usize, ldy: i32): void {
  const one = f32x4.splat(1)
  const end = (width as usize) << 2
  for (let t = 0; t < rows; t++) {
    for (let from: usize = 0; from < end; from += STRETCH) {
      const bytes = min(STRETCH, end - from)
      const gate = gu + from
      const to = y + from
      negatedExponentials(gate, bytes)
      for (let i: usize = 0; i < bytes; i += 16) {
        const silu = f32x4.div(v128.load(gate + i), f32x4.add(one, v128.load(exponentials + i)))
        v128.store(to + i, f32x4.mul(silu, v128.load(gate + end + i)))
      }
    }
    gu += (ldg as usize) << 2
    y += (ldy as usize) << 2
  }
}

// gate | up become their gradients, given dy.
export function swigluBackward(rows: i32, width: i32, gu: usize, ldg: i32, dy: usize, lddy: i32): void {
  const one = f32x4.splat(1)
  const end = (width as usize) << 2
  for (let t = 0; t < rows; t++) {
    for (let from: usize = 0; from < end; from += STRETCH) {
      const bytes = min(STRETCH, end - from)
      const gate = gu + from
      const slopes = dy + from
      negatedExponentials(gate, bytes)
      for (let i: usize = 0; i < bytes; i += 16) {
        const g = v128.load(gate + i)
        const sigmoid = f32x4.div(one, f32x4.add(one, v128.load(exponentials + i)))
        const silu = f32x4.mul(g, sigmoid)
        const d = v128.load(slopes + i)
        const up = v128.load(gate + end + i)
        v128.store(gate + end + i, f32x4.mul(d, silu))
        const slope = f32x4.mul(sigmoid, f32x4.add(one, f32x4.sub(g, silu)))
        v128.store(gate + i, f32x4.mul(f32x4.mul(d, up), slope))
      }
    }
    gu += (ldg as usize) << 2
    dy += (lddy as usize) << 2
  }
}
