/** Which names of members may become files: relative, downward, and not the name of another member on any file system. */
import { ArchiveError } from './failure.ts'

/** Parts of a safe path, without `.` parts. @throws ArchiveError `unsafe` */
export function safeParts(name: string, maxBytes: number): readonly string[] {
  const refuse = (why: string): never => {
    const message = `The archive has a member ${JSON.stringify(name.slice(0, 200))}, ${why}; nothing of it was kept.`
    throw new ArchiveError({ kind: 'unsafe', message, entry: name })
  }
  if (new TextEncoder().encode(name).length > maxBytes) refuse(`whose name is longer than ${maxBytes} bytes`)
  if (/\p{Cc}/u.test(name)) refuse('whose name has control characters')
  if (!name.isWellFormed()) refuse('whose name is not valid Unicode')
  if (name.includes('\\')) refuse('whose name has a backslash, which is a folder on some systems')
  if (name.startsWith('/')) refuse('whose name is an absolute path')
  if (/^[a-z]:/iu.test(name)) refuse('whose name begins with a drive')
  const parts = name.split('/').filter((part, i, all) => part !== '.' && !(part === '' && i === all.length - 1))
  if (parts.includes('..')) refuse('which would be written outside its folder')
  if (parts.includes('')) refuse('whose name has an empty part')
  return parts
}

/** Remembers the members of one archive; names that some file systems hold for equal count as equal. */
export class MemberNames {
  readonly #files = new Set<string>()
  readonly #folders = new Set<string>()

  /** @throws ArchiveError `unsafe` when a file comes twice, or is a folder elsewhere */
  addFile(parts: readonly string[]): void {
    const name = parts.join('/')
    const key = keyOf(parts)
    const twice = this.#files.has(key) || this.#folders.has(key)
    this.#addFolders(parts.slice(0, -1))
    if (parts.length === 0 || twice) {
      const message = `The archive has a second member ${JSON.stringify(name)}; nothing of it was kept.`
      throw new ArchiveError({ kind: 'unsafe', message, entry: name })
    }
    this.#files.add(key)
  }

  addFolder(parts: readonly string[]): void {
    this.#addFolders(parts)
  }

  #addFolders(parts: readonly string[]): void {
    for (let depth = 1; depth <= parts.length; depth++) {
      const key = keyOf(parts.slice(0, depth))
      if (this.#files.has(key)) {
        const name = parts.slice(0, depth).join('/')
        const message = `The archive has ${JSON.stringify(name)} both as a file and as a folder; nothing of it was kept.`
        throw new ArchiveError({ kind: 'unsafe', message, entry: name })
      }
      this.#folders.add(key)
    }
  }
}

function keyOf(parts: readonly string[]): string {
  return parts
    .map((part) =>
      part
        .normalize('NFC')
        .toLowerCase()
        .replace(/[. ]+$/u, ''),
    )
    .join('/')
}
