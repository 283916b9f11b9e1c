/** zstd for request bodies. Asked for only when a server says that it takes it, so nothing of it is in the client's core. */

export type Compressor = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>

type ZlibWithZstd = {
  zstdCompress?: (bytes: Uint8Array, done: (error: Error | null, packed: Uint8Array) => void) => void
}

/** Level of the module for pages and older Node: it runs in the caller's thread, so speed goes first. */
const WASM_LEVEL = 1

/** Node's own from 22.15 on, elsewhere a WebAssembly module; undefined where neither can be had. */
export async function loadZstd(): Promise<Compressor | undefined> {
  return nodeZstd() ?? (await wasmZstd())
}

function nodeZstd(): Compressor | undefined {
  if (typeof process === 'undefined') return undefined
  // Not an import: a bundler for pages must not see the module.
  const load = (process as { getBuiltinModule?: (name: string) => unknown }).getBuiltinModule
  const zlib = load?.('node:zlib') as ZlibWithZstd | undefined
  const compress = zlib?.zstdCompress
  if (compress === undefined) return undefined
  return (bytes) =>
    new Promise((resolve, reject) => {
      compress(bytes, (error, packed) => (error === null ? resolve(new Uint8Array(packed)) : reject(error)))
    })
}

/** @throws nothing: a page whose policy forbids WebAssembly sends its bodies as they are. */
export async function wasmZstd(): Promise<Compressor | undefined> {
  try {
    const { Zstd } = await import('@hpcc-js/wasm-zstd')
    const zstd = await Zstd.load()
    return async (bytes) => new Uint8Array(zstd.compress(bytes, WASM_LEVEL))
  } catch {
    return undefined
  }
}
