/**
 * `npm run build:library`: the client as a package of its own in dist/library, ready for `npm pack`: ES modules that keep
 * the sources' shape, so that bundlers take only what is used, and type declarations.
 */
import { spawnSync } from 'node:child_process'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = process.argv[2] ?? join(root, 'dist', 'library')

/** Address below the package's name → module of library/. */
const ENTRIES = {
  './tinker': 'tinker',
  './tinker/archives': 'archives',
  './tinker/node': 'node',
  './tokenizers': 'tokenizers',
}

await rm(out, { recursive: true, force: true })
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: out,
    target: 'es2023',
    minify: false,
    lib: {
      entry: Object.fromEntries(Object.values(ENTRIES).map((name) => [name, join(root, 'library', `${name}.ts`)])),
      formats: ['es'],
    },
    rolldownOptions: {
      external: /^node:/,
      treeshake: { moduleSideEffects: false },
      output: {
        preserveModules: true,
        preserveModulesRoot: root,
        // npm leaves folders called node_modules out of what it packs.
        entryFileNames: ({ name }) => `${name.replaceAll('node_modules/', 'vendor/')}.js`,
      },
    },
  },
})
for (const project of ['tsconfig.library.json', 'tsconfig.libraryNode.json']) {
  const args = ['tsc', '-p', project, '--outDir', join(out, 'types')]
  const { status } = spawnSync('npx', args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
await renameTypeImports(join(out, 'types'))

const ours = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const { name, version, license, engines } = ours
const exported = Object.entries(ENTRIES).map(([address, entry]) => [
  address,
  { types: `./types/library/${entry}.d.ts`, default: `./${entry}.js` },
])
const manifest = {
  name,
  version,
  description: 'A client of the Tinker API for pages, workers and Node',
  license,
  type: 'module',
  sideEffects: false,
  exports: Object.fromEntries([...exported, ['./package.json', './package.json']]),
  engines,
}
await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
await cp(join(root, 'LICENSE'), join(out, 'LICENSE'))
await cp(join(root, 'THIRD_PARTY_NOTICES.md'), join(out, 'THIRD_PARTY_NOTICES.md'))
await cp(join(root, 'docs', 'client.md'), join(out, 'README.md'))

/** Declarations keep the `.ts` of their imports, which no resolver finds beside a `.d.ts`. */
async function renameTypeImports(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await renameTypeImports(path)
    else
      await writeFile(
        path,
        (await readFile(path, 'utf8')).replace(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2'),
      )
  }
}
