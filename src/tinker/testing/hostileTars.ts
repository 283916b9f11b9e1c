/** Archives as no honest program writes them, and streams of them. */
export type RawMember = {
  readonly name: string
  readonly sort?: string
  readonly data?: string
  readonly claimed?: number
}

/** Headers with right checksums and whatever else is asked for. */
export function rawTar(members: readonly RawMember[]): Uint8Array {
  const blocks: Uint8Array[] = []
  for (const { name, sort = '0', data = '', claimed } of members) {
    const content = new TextEncoder().encode(data)
    const block = new Uint8Array(512)
    const put = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at)
    put(name, 0)
    put('0000644\0', 100)
    put((claimed ?? content.length).toString(8).padStart(11, '0'), 124)
    put('00000000000', 136)
    put(' '.repeat(8), 148)
    put(sort, 156)
    put('/etc/passwd', 157)
    put('ustar\x0000', 257)
    const sum = block.reduce((total, byte) => total + byte, 0)
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512)
    padded.set(content)
    blocks.push(block, padded)
  }
  return Uint8Array.from(Buffer.concat([...blocks, new Uint8Array(1024)]))
}

export async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length)
}
