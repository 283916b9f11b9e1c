/** Loads TypeScript of the repository into plain Node, with its `#src/…` addresses. */
import { createServer } from 'vite'
import { ROOT } from './folders.mjs'

/** `work` gets a function that loads a module by its path from the root, as `/tests/peers/x.ts`. */
export async function withTypeScript(work) {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    resolve: { alias: Object.fromEntries(['src', 'nodes', 'server'].map((room) => [`#${room}`, `${ROOT}${room}`])) },
  })
  try {
    return await work((path) => server.ssrLoadModule(path))
  } finally {
    await server.close()
  }
}
