/** What a compiler remembers between compiles. Everything in it follows from the drawing; dropping it only costs time. */
import type { HashMemo } from '../ir/hash.ts'
import type { FlatMemo } from './flatten/flatDoc.ts'
import { freshCheckMemo } from './passes/check.ts'
import type { CheckMemo } from './passes/check.ts'
import type { EstimateMemo } from './passes/estimate.ts'
import { freshLowerMemo } from './passes/lower.ts'
import type { LowerMemo } from './passes/lower.ts'
import { freshResolveMemo } from './passes/resolve.ts'
import type { ResolveMemo } from './passes/resolve.ts'
import type { StageMemo } from './passes/stage.ts'
import type { PlainMemo } from './passes/verify.ts'
import type { AdviceMemo } from './rules/advise.ts'

export type CompilerMemo = {
  readonly flat: FlatMemo
  readonly resolve: ResolveMemo
  readonly check: CheckMemo
  readonly lower: LowerMemo
  readonly stage: StageMemo
  readonly plain: PlainMemo
  readonly estimate: EstimateMemo
  readonly advice: AdviceMemo
  readonly hashes: HashMemo
}

export function freshMemo(): CompilerMemo {
  return {
    flat: new Map(),
    resolve: freshResolveMemo(),
    check: freshCheckMemo(),
    lower: freshLowerMemo(),
    stage: new WeakMap(),
    plain: new WeakSet(),
    estimate: new WeakMap(),
    advice: new WeakMap(),
    hashes: new WeakMap(),
  }
}
