import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  // Relative addresses: the built page works under any path and behind the local server alike.
  base: './',
  plugins: [react(), tailwindcss()],
  resolve: { alias: aliases() },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/app',
    manifest: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // The layout engine and the charts are lazy and large; the size of the entry is tested apart.
    chunkSizeWarningLimit: 2000,
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
