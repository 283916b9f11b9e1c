/** The import matrix as data: which room may import which. The prose version is docs/architecture.md. */
import type { SourceFile } from './sourceFiles.ts'

/** Room of a path: the longest matching prefix. */
export const ROOMS: Readonly<Record<string, string>> = {
  'src/base': 'base',
  'src/graph': 'graph',
  'src/ir': 'ir',
  'src/kinds': 'kinds',
  'src/compiler': 'compiler',
  'src/tinker': 'tinker',
  'src/tinker/wire': 'tinker/wire',
  'src/tokenizers': 'tokenizers',
  'src/data': 'data',
  'src/importers': 'importers',
  'src/rewards': 'rewards',
  'src/training': 'training',
  'src/backend': 'backend',
  'src/persist': 'persist',
  'src/services': 'services',
  'src/store': 'store',
  'src/ui': 'ui',
  'src/ui/theme': 'ui/theme',
  'src/app': 'app',
  nodes: 'nodes',
  'nodes/_shared': 'nodes/_shared',
  worker: 'worker',
  'worker/protocol.ts': 'worker/protocol',
  server: 'server',
  cli: 'cli',
  models: 'models',
  examples: 'examples',
}

export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  graph: ['base'],
  ir: ['base'],
  kinds: ['base', 'graph', 'ir'],
  compiler: ['base', 'graph', 'kinds', 'ir'],
  'tinker/wire': ['base'],
  tinker: ['base', 'tinker/wire'],
  tokenizers: ['base'],
  data: ['base', 'ir', 'tokenizers'],
  rewards: ['base', 'ir'],
  training: ['base', 'ir', 'tinker', 'tinker/wire', 'tokenizers', 'data', 'rewards'],
  backend: ['base', 'tinker/wire'],
  importers: ['base', 'graph', 'kinds'],
  persist: ['base', 'graph', 'ir'],
  services: ['base', 'ir', 'graph', 'kinds', 'compiler', 'worker/protocol'],
  store: ['base', 'graph', 'kinds', 'ir', 'importers', 'persist', 'services', 'worker/protocol'],
  'ui/theme': ['base'],
  ui: ['base', 'graph', 'kinds', 'ir', 'store', 'ui/theme', 'nodes/_shared'],
  'nodes/_shared': ['base', 'kinds', 'ir', 'graph'],
  nodes: ['base', 'kinds', 'ir', 'graph', 'nodes/_shared'],
  'worker/protocol': ['base', 'ir'],
  worker: [
    'base',
    'ir',
    'tinker',
    'tinker/wire',
    'tokenizers',
    'data',
    'rewards',
    'training',
    'backend',
    'persist',
    'compiler',
    'graph',
    'kinds',
    'worker/protocol',
    'nodes',
    'models',
  ],
  server: ['base', 'backend', 'data', 'tinker/wire', 'models'],
  cli: [
    'base',
    'importers',
    'ir',
    'graph',
    'kinds',
    'compiler',
    'tinker',
    'tinker/wire',
    'tokenizers',
    'data',
    'rewards',
    'training',
    'backend',
    'nodes',
    'nodes/_shared',
    'server',
  ],
}

/** A card's live body is view code: it may use React, the theme and the inspector's field components, and the kind's own params. */
export const BODY_MAY_IMPORT: readonly string[] = [
  'base',
  'kinds',
  'ir',
  'nodes',
  'nodes/_shared',
  'ui',
  'ui/theme',
  'store',
]

/** One owner per vendor: package → path prefixes that may import it. */
export const VENDOR_OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@xyflow/react': ['src/ui/canvas'],
  echarts: ['src/ui/charts'],
  elkjs: ['worker/layout.worker.ts', 'src/services'],
  idb: ['src/persist'],
  comlink: ['src/services', 'worker'],
  immer: ['src/graph', 'src/store'],
  valtio: ['src/store', 'src/ui'],
  react: ['src/ui', 'src/app', 'nodes'],
  'react-dom': ['src/app', 'src/ui'],
  hono: ['server'],
  '@hono/node-server': ['server'],
  '@huggingface/tokenizers': ['src/tokenizers'],
  papaparse: ['src/data'],
  'js-yaml': ['src/importers'],
  'markdown-to-jsx/react': ['src/ui/inspector'],
  '@hpcc-js/wasm-zstd': ['src/tinker/transport', 'server/zstd'],
}

export function roomOf(path: string): string | null {
  let best = ''
  for (const prefix of Object.keys(ROOMS)) {
    const inside = path === prefix || path.startsWith(`${prefix}/`)
    if (inside && prefix.length > best.length) best = prefix
  }
  return best === '' ? null : ROOMS[best]!
}

/** Every import that the matrix forbids, as a sentence. */
export function violations(files: readonly SourceFile[]): string[] {
  const found: string[] = []
  for (const file of files) {
    const from = roomOf(file.path)
    if (from === null || from === 'app' || /\.test\.tsx?$/.test(file.path) || file.path.includes('/testing/')) continue
    const body = /^nodes\/[^/]+\/body\.tsx$/.test(file.path)
    const allowed = body ? BODY_MAY_IMPORT : (MAY_IMPORT[from] ?? [])
    for (const { target, specifier, external } of file.imports) {
      if (external) {
        const owners = VENDOR_OWNERS[target]
        if (owners && !owners.some((owner) => file.path.startsWith(owner))) {
          found.push(`${file.path} imports ${target}, which belongs to ${owners.join(', ')}`)
        }
        continue
      }
      const to = roomOf(target)
      if (to === null) {
        found.push(`${file.path} imports ${specifier}, which is in no room`)
      } else if (to !== from && !allowed.includes(to)) {
        found.push(`${file.path} (${from}) imports ${target} (${to})`)
      }
      const [kind] = target.startsWith('nodes/') && from === 'nodes' ? [target.split('/')[1]] : []
      if (kind && !kind.startsWith('_') && file.path.split('/')[1] !== kind && file.path !== 'nodes/index.ts') {
        found.push(`${file.path} imports another kind: ${target}`)
      }
    }
  }
  return found
}
