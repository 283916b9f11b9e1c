/** Compiling, as the stores see it. Inline: a large drawing of 300 nodes compiles faster than it crosses to a worker. */
import { createCompiler } from '../compiler/compile.ts'
import type { CompileResult } from '../compiler/compile.ts'
import { factRequests, freshFactMemo } from '../compiler/factRequests.ts'
import type { FactRequest } from '../compiler/factRequests.ts'
import { priceProblems } from '../compiler/rules/prices.ts'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import type { Facts } from '../ir/dataset.ts'
import type { Plan } from '../ir/pipelineConfig.ts'
import type { PriceTable } from '../ir/prices.ts'
import type { Registry } from '../kinds/registry.ts'

export type { CompileResult, FactRequest }

export type CompileService = {
  compile(doc: GraphDoc, facts: Facts): CompileResult
  /** Datasets whose rows the compiler would like to know. */
  factRequests(doc: GraphDoc): readonly FactRequest[]
  /** Whether sums by these prices can be believed. */
  priceProblems(plan: Plan, prices: PriceTable, now: number): readonly Diagnostic[]
}

/** Documents and facts are immutable: the same two need no second look, and an edit only one at what it touches. */
export function createCompileService(registry: Registry): CompileService {
  const compiler = createCompiler(registry)
  const asked = freshFactMemo()
  let last: { doc: GraphDoc; facts: Facts; result: CompileResult } | null = null
  return {
    compile(doc, facts) {
      if (last?.doc !== doc || last.facts !== facts) last = { doc, facts, result: compiler.compile(doc, facts) }
      return last.result
    },
    factRequests: (doc) => factRequests(doc, registry, asked),
    priceProblems,
  }
}
