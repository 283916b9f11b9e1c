/** The system's tar reads what is written: names of every length, contents byte for byte. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tarHeader, tarLength, writeTar } from './tarWriter.ts'
import type { TarEntry } from './tarWriter.ts'

async function archive(entries: readonly TarEntry[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(entries)) chunks.push(chunk)
  return Uint8Array.from(Buffer.concat(chunks))
}

const file = (name: string, text: string): TarEntry => {
  const content = new TextEncoder().encode(text)
  return { name, size: content.length, content }
}

describe('an archive', () => {
  test('is unpacked by the system tar, long and foreign names included', async () => {
    const entries = [
      file('adapter_config.json', '{}'),
      file('empty.txt', ''),
      file('a/b.bin', 'x'.repeat(1025)),
      file(`${'deep/'.repeat(30)}${'n'.repeat(60)}`, 'ustar prefix'),
      file('n'.repeat(180), 'pax'),
      file('Modell für Łódź 🙂.json', 'é'),
    ]
    const folder = mkdtempSync(join(tmpdir(), 'tar-'))
    try {
      writeFileSync(join(folder, 'a.tar'), await archive(entries))
      execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
      for (const { name, content } of entries)
        expect(readFileSync(join(folder, name)), name).toEqual(Buffer.from(content as Uint8Array))
      expect(readdirSync(folder)).toHaveLength(7)
      expect(statSync(join(folder, 'empty.txt')).mtimeMs).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('has the length that was foretold, and the same bytes each time', async () => {
    const entries = [file('a', 'b'), file('é'.repeat(300), 'c'.repeat(512)), file('d', '')]
    const bytes = await archive(entries)
    expect(bytes).toHaveLength(tarLength(entries))
    expect(await archive(entries)).toEqual(bytes)
  })

  test('streams a content in chunks of any length, and refuses one of another size than announced', async () => {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield* [new Uint8Array(300).fill(1), new Uint8Array(0), new Uint8Array(400).fill(2)]
    }
    const streamed = await archive([{ name: 'a', size: 700, content: chunks() }])
    const whole = new Uint8Array(700).fill(1, 0, 300).fill(2, 300)
    expect(streamed).toEqual(await archive([{ name: 'a', size: 700, content: whole }]))
    await expect(archive([{ name: 'a', size: 699, content: chunks() }])).rejects.toThrow('699')
    await expect(archive([{ name: 'a', size: 701, content: chunks() }])).rejects.toThrow('701')
  })

  test('says sizes beyond 8 GiB in a pax record', () => {
    const blocks = tarHeader({ name: 'huge.bin', size: 2 ** 34 })
    expect(new TextDecoder().decode(blocks)).toContain(' size=17179869184\n')
    expect(blocks).toHaveLength(3 * 512)
  })
})
