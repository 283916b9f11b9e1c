/** The kernel modules and what they export. Pointers are byte addresses, strides and sizes count floats; see `assembly/`. */
import { relaxedKernels } from './relaxed.generated.ts'
import { strictKernels } from './strict.generated.ts'

type Ptr = number

export type Kernels = {
  /** 96 flops per round, in registers: the ceiling that benchmarks divide by. */
  peak(rounds: number, x: number): number
  packRows(src: Ptr, ld: number, rows: number, columns: number, dst: Ptr): void
  packColumns(src: Ptr, ld: number, rows: number, columns: number, dst: Ptr, scale: number): void
  gemm(
    m: number,
    n: number,
    k: number,
    a: Ptr,
    aRowStride: number,
    aColumnStride: number,
    b: Ptr,
    bPanelStride: number,
    c: Ptr,
    cRowStride: number,
    cPanelStride: number,
    add: boolean,
  ): void
  // prettier-ignore
  rmsForward(rows: number, width: number, x: Ptr, ldx: number, weight: Ptr, y: Ptr, ldy: number, inverse: Ptr, eps: number): void
  // prettier-ignore
  rmsBackward(rows: number, width: number, x: Ptr, ldx: number, weight: Ptr, dy: Ptr, lddy: number, inverse: Ptr, dx: Ptr, lddx: number): void
  // prettier-ignore
  headNormRope(rows: number, heads: number, size: number, x: Ptr, ldx: number, weight: Ptr, positions: Ptr, cos: Ptr, sin: Ptr, eps: number, y: Ptr, ldy: number, inverse: Ptr): void
  // prettier-ignore
  headNormRopeBackward(rows: number, heads: number, size: number, x: Ptr, ldx: number, weight: Ptr, positions: Ptr, cos: Ptr, sin: Ptr, inverse: Ptr, dy: Ptr, lddy: number): void
  embed(rows: number, width: number, tokens: Ptr, table: Ptr, x: Ptr, ldx: number): void
  copy(dst: Ptr, src: Ptr, floats: number): void
  scale(at: Ptr, floats: number, by: number): void
  swigluForward(rows: number, width: number, gateUp: Ptr, ldg: number, y: Ptr, ldy: number): void
  swigluBackward(rows: number, width: number, gateUp: Ptr, ldg: number, dy: Ptr, lddy: number): void
  // prettier-ignore
  attentionForward(length: number, prefix: number, heads: number, kvHeads: number, size: number, q: Ptr, ldq: number, k: Ptr, prefixK: Ptr, ldk: number, v: Ptr, prefixV: Ptr, ldv: number, o: Ptr, ldo: number, scale: number, panels: Ptr, scores: Ptr, lds: number): void
  // prettier-ignore
  attentionBackward(length: number, prefix: number, heads: number, kvHeads: number, size: number, q: Ptr, ldq: number, k: Ptr, prefixK: Ptr, ldk: number, v: Ptr, prefixV: Ptr, ldv: number, dO: Ptr, lddo: number, dq: Ptr, dk: Ptr, prefixDk: Ptr, dv: Ptr, prefixDv: Ptr, ldd: number, scale: number, panels: Ptr, p: Ptr, dp: Ptr, lds: number): void
  // prettier-ignore
  storeKeyValue(length: number, kvHeads: number, size: number, k: Ptr, ldk: number, v: Ptr, ldv: number, cache: Ptr, cap: number): void
  // prettier-ignore
  decodeAttention(rows: number, heads: number, kvHeads: number, size: number, q: Ptr, ldq: number, k: Ptr, ldk: number, v: Ptr, ldv: number, caches: Ptr, offset: number, positions: Ptr, caps: Ptr, o: Ptr, ldo: number, scale: number, scores: Ptr, lds: number): void
  targetLogprobs(rows: number, vocab: number, logits: Ptr, ld: number, k: number, targets: Ptr, out: Ptr): void
  logprobGradient(rows: number, vocab: number, probs: Ptr, ld: number, k: number, targets: Ptr, weights: Ptr): void
  // prettier-ignore
  temper(rows: number, vocab: number, logits: Ptr, ld: number, inverseTemperature: Ptr, probs: Ptr, ldp: number, stats: Ptr): void
}

export type SimdVariant = 'strict' | 'relaxed'

/** The part of the WebAssembly API in use: no type library outside the DOM's declares it. */
type Memory = { readonly buffer: ArrayBuffer; grow(pages: number): number }
type WasmApi = {
  validate(bytes: Uint8Array): boolean
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: unknown } }>
  Memory: new (limits: { initial: number; maximum: number }) => Memory
}
const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly

export type KernelInstance = { kernels: Kernels; memory: Memory; variant: SimdVariant }

/** True where the fused multiply-add build compiles (Node 20 needs `enableRelaxedSimd` first; see nodeShards.ts). */
export function relaxedSimdRuns(): boolean {
  return wasm.validate(decodeBase64(relaxedKernels))
}

/** Compiles a variant over a fresh memory. */
export async function instantiateKernels(variant: SimdVariant): Promise<KernelInstance> {
  const memory = new wasm.Memory({ initial: 16, maximum: 65536 })
  const bytes = decodeBase64(variant === 'strict' ? strictKernels : relaxedKernels)
  const abort = (): never => {
    throw new Error('the kernels aborted')
  }
  const { instance } = await wasm.instantiate(bytes, { env: { memory, abort } })
  return { kernels: instance.exports as Kernels, memory, variant }
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
