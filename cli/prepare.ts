/** The way that `run` and `compile` share: file → document → facts → plan. */
import { readFile } from 'node:fs/promises'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { compile } from '#src/compiler/compile.ts'
import type { CompileResult } from '#src/compiler/compile.ts'
import { priceProblems } from '#src/compiler/rules/prices.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { parsePrices } from '#src/ir/parsePrices.ts'
import { PRICES } from '#src/ir/prices.ts'
import type { PriceTable } from '#src/ir/prices.ts'
import { createDefaultRegistry } from '#nodes/index.ts'
import { openBackend } from './backend.ts'
import type { BackendChoice, OpenedBackend } from './backend.ts'
import { createDatasets } from './datasets.ts'
import type { Datasets } from './datasets.ts'
import { gatherFacts, withProbes } from './gatherFacts.ts'
import { openDocument } from './openDocument.ts'
import type { OpenedDocument } from './openDocument.ts'

export type PrepareOptions = BackendChoice & {
  readonly file: string
  readonly seed: number | null
  readonly prices: string | null
}

export type Prepared =
  | {
      readonly ok: true
      readonly doc: GraphDoc
      readonly backend: OpenedBackend
      readonly datasets: Datasets
      readonly prices: PriceTable
      readonly compiled: CompileResult
      readonly diagnostics: readonly Diagnostic[]
    }
  | Extract<OpenedDocument, { ok: false }>

/** Rejects with a TinkerError when the server cannot be asked for its models. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const opened = await openDocument(options.file, options.seed)
  if (!opened.ok) return opened
  const { doc } = opened
  const prices = await readPrices(options.prices)
  const backend = await openBackend(options)
  const closing = new AbortController()
  try {
    const service = backend.client({ signal: closing.signal })
    const models = await backend.models(service)
    const datasets = createDatasets(doc)
    const registry = createDefaultRegistry()
    const facts = await gatherFacts(doc, registry, backend, models, datasets)
    const compiled = compile(doc, registry, await withProbes(facts, compile(doc, registry, facts).probes, datasets))
    const stale = (compiled.plan ? priceProblems(compiled.plan, prices, Date.now()) : []).map(withFlag)
    const all = [...opened.diagnostics, ...compiled.diagnostics, ...stale]
    return { ok: true, doc, backend, datasets, prices, compiled, diagnostics: all }
  } catch (error) {
    await backend.close()
    throw error
  } finally {
    closing.abort()
  }
}

/** The page has a dialog for newer prices; here they are a file. */
function withFlag(problem: Diagnostic): Diagnostic {
  return problem.code === 'CM3771'
    ? { ...problem, message: `${problem.message.slice(0, -1)}: --prices FILE.` }
    : problem
}

/** @throws Error with a sentence when the file is no price table */
async function readPrices(file: string | null): Promise<PriceTable> {
  if (file === null) return PRICES
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`${file} cannot be read.`)
  })
  const parsed = parsePrices(jsonOf(text, file))
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error })
  }
}
