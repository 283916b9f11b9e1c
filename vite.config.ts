import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Modules that the entry and lazy chunks have in common; the rest of `base` only lazy ones use. */
const SHARED =
  /node_modules\/(react|valtio|proxy-compare|clsx)\/|node_modules\/lucide-react\/dist\/esm\/(?!icons)|node_modules\/react-dom\/(index|cjs\/react-dom\.)|src\/kinds\/lens|src\/base\/(?!byteText|recent|decimate|rowPart)|src\/graph\/(query|connect|ops|order)|src\/ir\/(runState|dataset|datasetKey)\.|src\/persist\/(codes|runs|failure)\.|src\/services\/(unanswered|codes)|src\/ui\/theme\/Kbd/

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
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first picture shares with later chunks, as one file: a dozen tiny ones would queue for connections.
          groups: [{ name: 'shared', test: SHARED }],
        },
      },
    },
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
