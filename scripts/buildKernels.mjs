// Builds the engine's kernels with AssemblyScript into two committed modules: strict SIMD (the same bits on every machine) and relaxed SIMD (fused multiply-add).
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'

const folder = fileURLToPath(new URL('../src/backend/engine/kernels/', import.meta.url))

/** Compiles one variant ('strict' or 'relaxed'); returns the text of its generated file. Throws with asc's diagnostics. */
export async function buildKernels(variant) {
  let wasm
  const features = variant === 'relaxed' ? ['--enable', 'simd', '--enable', 'relaxed-simd'] : ['--enable', 'simd']
  const { error, stderr } = await asc.main(
    ['index.ts', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '1']
      .concat(['--maximumMemory', '65536', '--outFile', 'kernels.wasm'])
      .concat(features),
    {
      readFile(name) {
        if (!/^\w+\.ts$/.test(name)) return null
        try {
          return readFileSync(folder + 'assembly/' + name, 'utf8').replaceAll(
            '\n//@inline\n',
            '\n// @ts-ignore\n@inline\n',
          )
        } catch {
          return null
        }
      },
      writeFile(name, contents) {
        if (name.endsWith('.wasm')) wasm = contents
      },
      listFiles: () => [],
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  const text = Buffer.from(wasm).toString('base64')
  return `// Made by \`npm run kernels\` from assembly/: do not edit.\nexport const ${variant}Kernels =\n  '${text}'\n`
}

export function generatedPath(variant) {
  return folder + variant + '.generated.ts'
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const variant of ['strict', 'relaxed']) {
    const text = await buildKernels(variant)
    writeFileSync(generatedPath(variant), text)
    console.log(`${variant}: ${Math.round(((text.length - 100) * 3) / 4 / 102.4) / 10} kB of wasm`)
  }
}
