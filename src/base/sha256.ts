/** SHA-256 in plain TypeScript: synchronous, because the compiler is a pure synchronous function (crypto.subtle is not). */
const K = new Int32Array(64)
const INITIAL = new Int32Array(8)
{
  // FIPS 180-4: fractional bits of the cube and square roots of the first primes.
  let count = 0
  for (let n = 2; count < 64; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false
    if (!prime) continue
    if (count < 8) INITIAL[count] = Math.floor((Math.sqrt(n) % 1) * 4294967296)
    K[count++] = Math.floor((Math.cbrt(n) % 1) * 4294967296)
  }
}

const encoder = new TextEncoder()
const W = new Int32Array(64)
/** Reused while texts are short, as those of stages are; what is longer gets a buffer of its own. */
const KEPT = 1 << 16
const buffer = new Uint8Array(KEPT)

export function sha256Hex(input: string | Uint8Array): string {
  const most = (typeof input === 'string' ? input.length * 3 : input.length) + 72
  const data = most <= KEPT ? buffer : new Uint8Array(most)
  let size = input.length
  if (typeof input === 'string') size = encoder.encodeInto(input, data).written
  else data.set(input)
  const end = (((size + 8) >> 6) + 1) << 6
  data.fill(0, size, end)
  data[size] = 0x80
  const high = Math.floor(size / 536870912)
  const low = (size << 3) >>> 0
  for (let i = 0; i < 4; i++) {
    data[end - 8 + i] = high >>> (24 - 8 * i)
    data[end - 4 + i] = low >>> (24 - 8 * i)
  }
  const h = INITIAL.slice()
  for (let at = 0; at < end; at += 64) compress(h, data, at)
  let hex = ''
  for (let i = 0; i < 8; i++) hex += (h[i]! >>> 0).toString(16).padStart(8, '0')
  return hex
}

/** One block. Rotations are written out: as calls they cost a third more until they are compiled for good. */
function compress(h: Int32Array, data: Uint8Array, at: number): void {
  for (let i = 0, j = at; i < 16; i++, j += 4)
    W[i] = (data[j]! << 24) | (data[j + 1]! << 16) | (data[j + 2]! << 8) | data[j + 3]!
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15]!
    const b = W[i - 2]!
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10)
    W[i] = (W[i - 16]! + s0 + W[i - 7]! + s1) | 0
  }
  // Read by index: destructuring a typed array walks its iterator, which made this 1.8 times slower.
  let a = h[0]!
  let b = h[1]!
  let c = h[2]!
  let d = h[3]!
  let e = h[4]!
  let f = h[5]!
  let g = h[6]!
  let hh = h[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (hh + s1 + (g ^ (e & (f ^ g))) + K[i]! + W[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0
    hh = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  h[0] = (h[0]! + a) | 0
  h[1] = (h[1]! + b) | 0
  h[2] = (h[2]! + c) | 0
  h[3] = (h[3]! + d) | 0
  h[4] = (h[4]! + e) | 0
  h[5] = (h[5]! + f) | 0
  h[6] = (h[6]! + g) | 0
  h[7] = (h[7]! + hh) | 0
}
