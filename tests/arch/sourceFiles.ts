/** The project's own source files and what each imports, read from disk for the architecture tests. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export type SourceFile = { readonly path: string; readonly text: string; readonly imports: readonly Import[] }
/** `target` is a path from the project's root, or a package's name. */
export type Import = {
  readonly specifier: string
  readonly target: string
  readonly typeOnly: boolean
  readonly external: boolean
}

export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => walk(join(ROOT, folder))).map(read)
}

function walk(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return name === 'node_modules' || name === 'assembly' ? [] : walk(path)
    return /\.tsx?$/.test(name) && !name.endsWith('.d.ts') ? [path] : []
  })
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8')
  return { path: relative(ROOT, path), text, imports: importsOf(text, path) }
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(text: string, path: string): Import[] {
  const found: Import[] = []
  for (const match of text.matchAll(STATEMENT)) found.push(toImport(match[2]!, path, match[1] !== undefined))
  for (const match of text.matchAll(DYNAMIC)) found.push(toImport(match[1]!, path, false))
  return found
}

function toImport(specifier: string, path: string, typeOnly: boolean): Import {
  const bare = specifier.replace(/\?.*$/, '')
  if (bare.startsWith('.')) {
    return { specifier, target: relative(ROOT, resolve(dirname(path), bare)), typeOnly, external: false }
  }
  if (bare.startsWith('#')) return { specifier, target: bare.slice(1), typeOnly, external: false }
  const name = bare.startsWith('@') ? bare.split('/').slice(0, 2).join('/') : bare.split('/')[0]!
  return { specifier, target: name, typeOnly, external: true }
}
