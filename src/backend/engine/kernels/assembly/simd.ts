// Small vector helpers. `//@inline` is turned into AssemblyScript's decorator by the build (standard parsers refuse it on functions).

//@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

//@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
}

//@inline
export function maxLanes(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  )
}

// e^x by Cody–Waite reduction and a degree-5 minimax polynomial (coefficients of Cephes expf). Clamped to e^-87.3 … e^88:
// callers must zero the lanes that stand for e^-infinity themselves. Adding 1.5·2²³ rounds to the nearest whole number and
// leaves it in the low bits: a conversion to integers is many instructions in V8, for the sake of NaN, as are min and max.
//@inline
export function vexp(v: v128): v128 {
  return vexpBelow(f32x4.pmin(v, f32x4.splat(88.0)))
}

// vexp for arguments that are known to be at most 88.
//@inline
export function vexpBelow(v: v128): v128 {
  const x = f32x4.pmax(v, f32x4.splat(-87.3))
  const shifted = madd(x, f32x4.splat(1.44269504088896341), f32x4.splat(12582912.0))
  const n = f32x4.sub(shifted, f32x4.splat(12582912.0))
  let r = madd(n, f32x4.splat(-0.693359375), x)
  r = madd(n, f32x4.splat(2.1219444e-4), r)
  // In pairs of terms: evaluated one after the other, their latencies would be the longest part of a loop.
  const s = f32x4.mul(r, r)
  const high = madd(f32x4.splat(1.98756915e-4), r, f32x4.splat(1.3981999507e-3))
  const middle = madd(f32x4.splat(8.3334519073e-3), r, f32x4.splat(4.1665795894e-2))
  const low = madd(f32x4.splat(1.6666665459e-1), r, f32x4.splat(5.0000001201e-1))
  const p = f32x4.add(madd(madd(madd(high, s, middle), s, low), s, r), f32x4.splat(1))
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23))
}
