/** Writes THIRD_PARTY_NOTICES.md: name, version and licence of every package that ends up in what we ship. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'))

const rows = Object.entries(lock.packages)
  .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.dev && !entry.devOptional && !entry.optional)
  .map(([path, entry]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: entry.version,
    licence: entry.license ?? licenceOf(path),
  }))
  .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

const text = `# Third-party notices

Tunegraph is licensed under Apache-2.0 (see LICENSE). What it ships contains these packages, each under its own licence,
whose text is in the package. elkjs is used unmodified under EPL-2.0 as a worker file of its own.
The weights in \`models/\` and the rows in \`nodes/dataset/sets/\` are our own, made with English words from SCOWL (Kevin Atkinson and
others; permissive notice in \`models/words/LICENSE-SCOWL.txt\`).

| package | version | licence |
|---|---|---|
${rows.map((r) => `| ${r.name} | ${r.version} | ${r.licence} |`).join('\n')}
`

const path = `${root}THIRD_PARTY_NOTICES.md`
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error('THIRD_PARTY_NOTICES.md is stale: run node scripts/notices.mjs')
    process.exit(1)
  }
} else writeFileSync(path, text)

function licenceOf(folder) {
  const { license } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'))
  return typeof license === 'string' ? license : 'see package'
}
