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
/** Texts whose states are kept, and blocks of each: more than a plan has shapes of stages, and longer than one is. */
const TRAILS = 64
const BLOCKS = 32
const H = new Int32Array(8)
const digest = digester(compressor())
/** Reused while texts are short, as those of stages are; what is longer gets a buffer of its own. */
const KEPT = 1 << 18
const buffer = new Uint8Array(KEPT)
const bufferWords = new Int32Array(buffer.buffer)
const decoder = new TextDecoder()
const hex = new Uint8Array(64)
const DIGITS = encoder.encode('0123456789abcdef')

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
  digest(data, end)
  // One flat text: joined from parts it would stay a tree of them for as long as somebody holds it.
  for (let i = 0; i < 64; i++) hex[i] = DIGITS[(H[i >> 3]! >>> (28 - 4 * (i & 7))) & 15]!
  return decoder.decode(hex)
}

/**
 * Leaves the digest of whole blocks in `H`. Texts that begin alike share the work on their first blocks, as stages of one
 * plan do that differ in their learning rate or their parent: the states behind each block of the newest texts are kept.
 */
function digester(compress: Compress): (data: Uint8Array, end: number) => void {
  const state = H
  const initial = INITIAL
  const states = new Int32Array(TRAILS * BLOCKS * 8)
  const texts = new Int32Array(TRAILS * BLOCKS * 16)
  const lengths = new Int32Array(TRAILS)
  return (data, end) => {
    const words = data === buffer ? bufferWords : new Int32Array(data.buffer, 0, end >> 2)
    const count = Math.min(end >> 6, BLOCKS)
    let mixed = 0
    for (let i = 0; i < 16; i++) mixed = Math.imul(mixed ^ words[i]!, 0x9e3779b1)
    const trail = (mixed >>> 16) % TRAILS
    const first = trail * BLOCKS
    const known = Math.min(count, lengths[trail]!)
    const alike = sameWords(words, texts, first * 16, known * 16) >> 4
    if (alike < count) lengths[trail] = count
    for (let i = 0; i < 8; i++) state[i] = alike === 0 ? initial[i]! : states[(first + alike - 1) * 8 + i]!
    for (let block = alike; block < end >> 6; block++) {
      compress(state, data, block << 6)
      if (block >= BLOCKS) continue
      for (let i = 0; i < 8; i++) states[(first + block) * 8 + i] = state[i]!
      for (let i = 0; i < 16; i++) texts[(first + block) * 16 + i] = words[block * 16 + i]!
    }
  }
}

/** How many of the first `most` words stand in `texts` from `first` on. */
function sameWords(words: Int32Array, texts: Int32Array, first: number, most: number): number {
  let same = 0
  while (same < most && words[same] === texts[first + same]) same++
  return same
}

type Compress = (state: Int32Array, data: Uint8Array, at: number) => void

/**
 * Takes one block of data into the state. Eight rounds are written out with their letters turned by one each time, instead
 * of moving eight values per round. The tables are the function's own: those of a module are variables once it is bundled,
 * and looking them up at every access takes a third longer. Both together: half the time of the loop in FIPS 180-4.
 */
function compressor(): Compress {
  const constants = K
  const W = new Int32Array(64)
  /** The message schedule with the round constants added. */
  const KW = new Int32Array(64)
  // Typed arrays are read by index: destructuring walks an iterator.
  return (state, data, at) => {
    for (let i = 0, j = at; i < 16; i++, j += 4) {
      const word = (data[j]! << 24) | (data[j + 1]! << 16) | (data[j + 2]! << 8) | data[j + 3]!
      W[i] = word
      KW[i] = word + constants[i]!
    }
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15]!
      const y = W[i - 2]!
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      const word = (W[i - 16]! + s0 + W[i - 7]! + s1) | 0
      W[i] = word
      KW[i] = word + constants[i]!
    }
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    let f = state[5]!
    let g = state[6]!
    let h = state[7]!
    let t = 0
    for (let i = 0; i < 64; i += 8) {
      t =
        (h +
          (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
          (g ^ (e & (f ^ g))) +
          KW[i]!) |
        0
      d = (d + t) | 0
      h =
        (t +
          (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
          ((a & b) | (c & (a | b)))) |
        0
      t =
        (g +
          (((d >>> 6) | (d << 26)) ^ ((d >>> 11) | (d << 21)) ^ ((d >>> 25) | (d << 7))) +
          (f ^ (d & (e ^ f))) +
          KW[i + 1]!) |
        0
      c = (c + t) | 0
      g =
        (t +
          (((h >>> 2) | (h << 30)) ^ ((h >>> 13) | (h << 19)) ^ ((h >>> 22) | (h << 10))) +
          ((h & a) | (b & (h | a)))) |
        0
      t =
        (f +
          (((c >>> 6) | (c << 26)) ^ ((c >>> 11) | (c << 21)) ^ ((c >>> 25) | (c << 7))) +
          (e ^ (c & (d ^ e))) +
          KW[i + 2]!) |
        0
      b = (b + t) | 0
      f =
        (t +
          (((g >>> 2) | (g << 30)) ^ ((g >>> 13) | (g << 19)) ^ ((g >>> 22) | (g << 10))) +
          ((g & h) | (a & (g | h)))) |
        0
      t =
        (e +
          (((b >>> 6) | (b << 26)) ^ ((b >>> 11) | (b << 21)) ^ ((b >>> 25) | (b << 7))) +
          (d ^ (b & (c ^ d))) +
          KW[i + 3]!) |
        0
      a = (a + t) | 0
      e =
        (t +
          (((f >>> 2) | (f << 30)) ^ ((f >>> 13) | (f << 19)) ^ ((f >>> 22) | (f << 10))) +
          ((f & g) | (h & (f | g)))) |
        0
      t =
        (d +
          (((a >>> 6) | (a << 26)) ^ ((a >>> 11) | (a << 21)) ^ ((a >>> 25) | (a << 7))) +
          (c ^ (a & (b ^ c))) +
          KW[i + 4]!) |
        0
      h = (h + t) | 0
      d =
        (t +
          (((e >>> 2) | (e << 30)) ^ ((e >>> 13) | (e << 19)) ^ ((e >>> 22) | (e << 10))) +
          ((e & f) | (g & (e | f)))) |
        0
      t =
        (c +
          (((h >>> 6) | (h << 26)) ^ ((h >>> 11) | (h << 21)) ^ ((h >>> 25) | (h << 7))) +
          (b ^ (h & (a ^ b))) +
          KW[i + 5]!) |
        0
      g = (g + t) | 0
      c =
        (t +
          (((d >>> 2) | (d << 30)) ^ ((d >>> 13) | (d << 19)) ^ ((d >>> 22) | (d << 10))) +
          ((d & e) | (f & (d | e)))) |
        0
      t =
        (b +
          (((g >>> 6) | (g << 26)) ^ ((g >>> 11) | (g << 21)) ^ ((g >>> 25) | (g << 7))) +
          (a ^ (g & (h ^ a))) +
          KW[i + 6]!) |
        0
      f = (f + t) | 0
      b =
        (t +
          (((c >>> 2) | (c << 30)) ^ ((c >>> 13) | (c << 19)) ^ ((c >>> 22) | (c << 10))) +
          ((c & d) | (e & (c | d)))) |
        0
      t =
        (a +
          (((f >>> 6) | (f << 26)) ^ ((f >>> 11) | (f << 21)) ^ ((f >>> 25) | (f << 7))) +
          (h ^ (f & (g ^ h))) +
          KW[i + 7]!) |
        0
      e = (e + t) | 0
      a =
        (t +
          (((b >>> 2) | (b << 30)) ^ ((b >>> 13) | (b << 19)) ^ ((b >>> 22) | (b << 10))) +
          ((b & c) | (d & (b | c)))) |
        0
    }
    state[0] = (state[0]! + a) | 0
    state[1] = (state[1]! + b) | 0
    state[2] = (state[2]! + c) | 0
    state[3] = (state[3]! + d) | 0
    state[4] = (state[4]! + e) | 0
    state[5] = (state[5]! + f) | 0
    state[6] = (state[6]! + g) | 0
    state[7] = (state[7]! + h) | 0
  }
}
