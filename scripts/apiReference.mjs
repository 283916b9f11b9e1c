/**
 * `npm run docs:api`: docs/api from the docstrings of what the library exports, after `npm run build:library`.
 * Declarations stand as they are, with their own comments: shapes, units, errors and sources are where they are written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ENTRIES = {
  tinker: 'tunegraph/tinker',
  archives: 'tunegraph/tinker/archives',
  node: 'tunegraph/tinker/node',
  tokenizers: 'tunegraph/tokenizers',
}
const KINDS = [
  ['Classes', /^export declare (abstract )?class /],
  ['Functions', /^export declare (async )?function /],
  ['Values', /^export declare (const|let) /],
  ['Types', /^export (declare )?(type|interface) /],
]

/** Page by file name, from a folder of declarations. */
export function apiReference(types) {
  return new Map(
    Object.entries(ENTRIES).map(([entry, address]) => {
      const file = join(types, 'library', `${entry}.d.ts`)
      const items = exportsOf(file).map(({ name, from }) => ({ name, text: declarationOf(name, from) }))
      const sections = KINDS.map(([title, pattern]) => [title, items.filter(({ text }) => pattern.test(bare(text)))])
      const lost = items.filter(({ text }) => !KINDS.some(([, pattern]) => pattern.test(bare(text))))
      if (lost.length > 0) throw new Error(`no declaration found of ${lost.map(({ name }) => name).join(', ')}`)
      const parts = sections.flatMap(([title, some]) =>
        some.length === 0
          ? []
          : [`## ${title}`, ...some.sort(byName).map(({ name, text }) => `### ${name}\n\n${pageOf(text)}`)],
      )
      return [
        `${entry}.md`,
        `# ${address}\n\nMade by \`npm run docs:api\`; what to change is the docstrings.\n\n${parts.join('\n\n')}\n`,
      ]
    }),
  )
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1
}

/** The docstring as prose, the declaration as code. */
function pageOf(text) {
  const doc = /^\/\*\*([\s\S]*?)\*\/\n/.exec(text)?.[1]
  const prose = (doc ?? '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
    .join('\n')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/^@(\w+)/gm, '- *$1*')
    .trim()
  const code = bare(text).replace(/^export (declare )?/, '')
  return `${prose === '' ? '' : `${prose}\n\n`}\`\`\`ts\n${code}\n\`\`\``
}

function bare(text) {
  return text.replace(/^\/\*\*[\s\S]*?\*\/\n/, '')
}

/** Names that a module gives on, and the modules they are declared in. */
function exportsOf(file) {
  const text = readFileSync(file, 'utf8')
  const found = []
  for (const [, names, from] of text.matchAll(/export (?:type )?(\*|\{[^}]*\}) from ['"]([^'"]+)['"]/g)) {
    const target = sourceOf(file, from)
    if (names === '*') found.push(...exportsOf(target))
    else
      for (const name of names.slice(1, -1).split(','))
        if (name.trim() !== '') found.push({ name: name.trim(), from: target })
  }
  return found
}

function sourceOf(file, from) {
  const path = resolve(dirname(file), from.replace(/\.js$/, '.d.ts'))
  if (!existsSync(path)) throw new Error(`${file} names ${from}, which is not there`)
  return path
}

/** The declaration with the comment before it; it ends where the next one, or the next comment at its level, begins. */
function declarationOf(name, file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const start = lines.findIndex((line) =>
    new RegExp(`^export (declare )?(abstract )?(class|function|const|let|type|interface) ${name}\\b`).test(line),
  )
  if (start < 0) {
    const onward = exportsOf(file).find((item) => item.name === name)
    return onward === undefined ? '' : declarationOf(name, onward.from)
  }
  let end = start + 1
  while (end < lines.length && !/^(export|declare|import|\/\*\*|type |interface )/.test(lines[end])) end++
  // Overloads belong together.
  while (new RegExp(`^export declare function ${name}\\b`).test(lines[end] ?? '')) end++
  let from = start
  if (/\*\/\s*$/.test(lines[start - 1] ?? '')) {
    from = start - 1
    while (!lines[from].startsWith('/**')) from--
  }
  return lines
    .slice(from, end)
    .join('\n')
    .replace(/\/\/# sourceMappingURL.*$/, '')
    .trimEnd()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  mkdirSync(join(root, 'docs', 'api'), { recursive: true })
  for (const [name, text] of apiReference(process.argv[2] ?? join(root, 'dist/library/types'))) {
    writeFileSync(join(root, 'docs', 'api', name), text)
    console.log(`docs/api/${name}: ${text.split('\n').length} lines`)
  }
}
