import './scripts/node20Polyfill.ts'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: aliases() },
  test: {
    include: ['{src,nodes,worker,server,cli,tests,models}/**/*.test.ts'],
    exclude: ['tests/browser/**', 'tests/peers/**', '**/node_modules/**'],
    testTimeout: 30_000,
    maxWorkers: 2,
    // Files of one worker share their modules: loading them anew for each of 250 files takes a quarter of the time.
    isolate: false,
  },
})

function aliases(): Record<string, string> {
  const root = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  return {
    '#src': root('./src'),
    '#nodes': root('./nodes'),
    '#worker': root('./worker'),
    '#server': root('./server'),
    '#cli': root('./cli'),
  }
}
