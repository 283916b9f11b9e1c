/** Archives of friends and enemies: what the system tar writes is read, what could harm is refused, no input makes it throw otherwise. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeTar } from '../../base/tarWriter.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { archiveDiagnostic } from './failure.ts'
import type { ArchiveLimits } from './readTar.ts'
import { memorySink } from './sinks.ts'
import { inChunks, rawTar } from '../testing/hostileTars.ts'
import { unpackArchive } from './unpack.ts'

async function unpacked(
  archive: Uint8Array,
  options: { limits?: Partial<ArchiveLimits>; chunk?: number } = {},
): Promise<Record<string, string> | string> {
  const sink = memorySink()
  const result = await unpackArchive(
    inChunks(archive, options.chunk ?? 700),
    sink,
    options.limits ? { limits: options.limits } : {},
  )
  if (!result.ok) {
    expect(sink.files.size).toBe(0)
    return archiveDiagnostic(result.error).code
  }
  expect(result.value.files.map((file) => file.name)).toEqual([...sink.files.keys()])
  return Object.fromEntries([...sink.files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]))
}

async function written(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, text]) => {
    const content = new TextEncoder().encode(text)
    return { name, size: content.length, content }
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(entries)) chunks.push(chunk)
  return Uint8Array.from(Buffer.concat(chunks))
}

describe('archives of the system tar', () => {
  test.each(['ustar', 'pax', 'gnu', 'oldgnu', 'v7'])('in the format %s are read, packed or not', async (format) => {
    const folder = mkdtempSync(join(tmpdir(), 'tar-'))
    try {
      const long = `${'d'.repeat(40)}/${'n'.repeat(format === 'v7' ? 30 : 90)}.txt`
      mkdirSync(join(folder, 'in', long.split('/')[0]!), { recursive: true })
      const files: Record<string, string> = { 'adapter_config.json': '{}', [long]: 'x'.repeat(1500), 'empty.bin': '' }
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'in', name), text)
      execFileSync('tar', [`--format=${format}`, '-cf', join(folder, 'a.tar'), '-C', join(folder, 'in'), '.'])
      const archive = Uint8Array.from(execFileSync('cat', [join(folder, 'a.tar')]))
      expect(await unpacked(archive)).toEqual(files)
      expect(await unpacked(gzipSync(archive), { chunk: 1 })).toEqual(files)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('with a symbolic link are refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tar-'))
    try {
      symlinkSync('/etc', join(folder, 'link'))
      const archive = execFileSync('tar', ['-cf', '-', '-C', folder, '.'])
      expect(await unpacked(Uint8Array.from(archive))).toBe('TK4034')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('what could harm is refused whole', () => {
  test.each([
    ['a name that leaves the folder', [{ name: '../x' }]],
    ['a name that leaves it on the way', [{ name: 'a/../../x' }]],
    ['a sibling whose name begins alike', [{ name: '../out-evil/x' }]],
    ['an absolute name', [{ name: '/etc/passwd' }]],
    ['a drive', [{ name: 'C:/x' }]],
    ['a backslash', [{ name: '..\\x' }]],
    ['an empty part', [{ name: 'a//b' }]],
    ['control characters', [{ name: 'a\nb' }]],
    ['a hard link', [{ name: 'a', sort: '1' }]],
    ['a symbolic link', [{ name: 'a', sort: '2' }]],
    ['a device', [{ name: 'a', sort: '3' }]],
    ['a block device', [{ name: 'a', sort: '4' }]],
    ['a pipe', [{ name: 'a', sort: '6' }]],
    ['a sparse file', [{ name: 'a', sort: 'S' }]],
    ['an unknown sort', [{ name: 'a', sort: 'Z' }]],
    ['a file twice', [{ name: 'a' }, { name: 'a' }]],
    ['a file twice where case does not count', [{ name: 'A.json' }, { name: 'a.JSON' }]],
    ['a file twice in two normal forms', [{ name: 'é' }, { name: 'e\u0301' }]],
    ['a file twice where ends do not count', [{ name: 'a' }, { name: 'a. ' }]],
    ['a file that is a folder later', [{ name: 'a' }, { name: 'a/b' }]],
    ['a folder that is a file later', [{ name: 'a/b' }, { name: 'a' }]],
    [
      'an extra header that hides the name',
      [{ name: 'x', sort: 'x', data: '14 path=../../a\n'.replace('14', '16') }, { name: 'ok' }],
    ],
    ['a long name that leaves the folder', [{ name: 'x', sort: 'L', data: '../x\0' }, { name: 'ok' }]],
    ['a sparse file by extra header', [{ name: 'x', sort: 'x', data: '22 GNU.sparse.major=1\n' }, { name: 'ok' }]],
  ])('%s', async (_, members) => {
    expect(await unpacked(rawTar([{ name: 'before.txt', data: 'kept by nobody' }, ...members]))).toBe('TK4034')
  })

  test('a second archive behind the end', async () => {
    const archive = await written({ a: '1' })
    expect(await unpacked(Uint8Array.from([...archive, ...archive]))).toBe('TK4034')
    expect(await unpacked(Uint8Array.from([...archive, ...new Uint8Array(9216)]))).toEqual({ a: '1' })
  })

  test('as the shared vector says', async () => {
    type Member = { member: string; symlink?: boolean; hardlink?: boolean }
    const [vector] = vectorsOf<Member[], string[]>('cli_tar')
    const said = await Promise.all(
      vector!.input.map(async ({ member, symlink, hardlink }) => {
        const sort = symlink ? '2' : hardlink ? '1' : '0'
        return (await unpacked(rawTar([{ name: member, sort }]))) === 'TK4034' ? 'refused' : 'extracted'
      }),
    )
    expect(said).toEqual(vector!.expected)
  })
})

describe('bombs', () => {
  test('too many files, too long a file, too much in all and too long a name are TK4035 or TK4034', async () => {
    const archive = await written({ a: '12345', b: '12345', c: '12345' })
    expect(await unpacked(archive, { limits: { maxFiles: 2 } })).toBe('TK4035')
    expect(await unpacked(archive, { limits: { maxFileBytes: 4 } })).toBe('TK4035')
    expect(await unpacked(archive, { limits: { maxTotalBytes: 14 } })).toBe('TK4035')
    expect(await unpacked(archive, { limits: { maxTotalBytes: 15, maxFiles: 3, maxFileBytes: 5 } })).toHaveProperty('c')
    expect(await unpacked(await written({ ['n'.repeat(300)]: '' }), { limits: { maxNameBytes: 299 } })).toBe('TK4034')
  })

  test('a gzip of zeros is given up long before it is unpacked', async () => {
    const bomb = gzipSync(new Uint8Array(50 * 2 ** 20))
    expect(bomb.length).toBeLessThan(60_000)
    expect(await unpacked(bomb, { limits: { maxTotalBytes: 2 ** 20, maxFiles: 10 } })).toBe('TK4035')
  })

  test('a size that only the header claims takes no memory', async () => {
    expect(await unpacked(rawTar([{ name: 'a', claimed: 8 ** 11 - 1 }]))).toBe('TK4033')
    expect(await unpacked(rawTar([{ name: 'x', sort: 'x', claimed: 2 ** 30 }]))).toBe('TK4035')
  })
})

describe('damage is TK4033', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['an HTML page', new TextEncoder().encode('<html>'.repeat(200))],
    ['broken gzip', Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    ['a checksum', rawTar([{ name: 'a' }]).map((byte, i) => (i === 0 ? 0x62 : byte))],
  ])('%s', async (_, archive) => {
    expect(await unpacked(archive)).toBe('TK4033')
  })

  test('a cut at any place, packed or not', async () => {
    const archive = await written({ a: 'x'.repeat(600), [`é${'n'.repeat(120)}`]: 'y' })
    for (let length = 0; length < archive.length - 1024; length += 37)
      expect(await unpacked(archive.slice(0, length))).toBe('TK4033')
    const packed = gzipSync(archive)
    for (let length = 1; length < packed.length; length += 11)
      expect(await unpacked(packed.subarray(0, length))).toBe('TK4033')
  })
})

test('reading what was written gives it back, for any names and contents in chunks of any length', async () => {
  const part = fc.stringMatching(/^[^\p{C}\\/:. ]{1,30}$/u)
  const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 900 }), { maxKeys: 5 }),
      fc.integer({ min: 1, max: 2000 }),
      async (files, chunk) => {
        const keys = Object.keys(files).map((key) => key.normalize('NFC').toLowerCase())
        fc.pre(keys.every((key) => keys.filter((other) => other === key || other.startsWith(`${key}/`)).length === 1))
        expect(await unpacked(await written(files), { chunk })).toEqual({ ...files })
      },
    ),
    { numRuns: 100 },
  )
})

test('bytes changed anywhere give a diagnostic or files, never another error', async () => {
  const archive = await written({
    'adapter_config.json': '{"r": 8}',
    'b/c.bin': 'x'.repeat(513),
    [`${'n'.repeat(150)}`]: '',
  })
  const change = fc.tuple(fc.nat({ max: archive.length - 1 }), fc.nat({ max: 255 }))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.boolean(), async (changes, fix) => {
      const bytes = archive.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      // With the right checksum the damage reaches what is behind it.
      const said = await unpacked(fix ? withChecksums(bytes) : bytes)
      if (typeof said === 'string') expect(['TK4033', 'TK4034', 'TK4035']).toContain(said)
      else for (const name of Object.keys(said)) expect(name.split('/')).not.toContain('..')
    }),
    { numRuns: 500 },
  )
})

function withChecksums(archive: Uint8Array): Uint8Array {
  for (let block = 0; block + 512 <= archive.length; block += 512) {
    if (String.fromCharCode(...archive.subarray(block + 257, block + 262)) !== 'ustar') continue
    archive.fill(0x20, block + 148, block + 156)
    const sum = archive.subarray(block, block + 512).reduce((total, byte) => total + byte, 0)
    archive.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), block + 148)
  }
  return archive
}
