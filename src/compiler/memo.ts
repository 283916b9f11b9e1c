/** What a compiler remembers between compiles. Everything in it follows from the drawing; dropping it only costs time. */
import { freshHashMemo } from '../ir/hash.ts'
import type { HashMemo } from '../ir/hash.ts'
import type { FlatMemo } from './flatten/flatDoc.ts'
import { freshCheckMemo } from './passes/check.ts'
import type { CheckMemo } from './passes/check.ts'
import { freshLowerMemo } from './passes/lower.ts'
import type { LowerMemo } from './passes/lower.ts'
import { freshResolveMemo } from './passes/resolve.ts'
import type { ResolveMemo } from './passes/resolve.ts'
import { freshStageMemo } from './passes/stageRecord.ts'
import type { StageMemo } from './passes/stageRecord.ts'
import { freshVerifyMemo } from './passes/verify.ts'
import type { VerifyMemo } from './passes/verify.ts'

/** Of what had nothing to say before: only what moved has to be asked. */
export type Silence = { resolved: boolean; idle: boolean }

export type CompilerMemo = {
  readonly flat: FlatMemo
  readonly resolve: ResolveMemo
  readonly check: CheckMemo
  readonly lower: LowerMemo
  readonly stage: StageMemo
  readonly verify: VerifyMemo
  readonly hashes: HashMemo
  readonly silence: Silence
}

export function freshMemo(): CompilerMemo {
  return {
    flat: new Map(),
    resolve: freshResolveMemo(),
    check: freshCheckMemo(),
    lower: freshLowerMemo(),
    stage: freshStageMemo(),
    verify: freshVerifyMemo(),
    hashes: freshHashMemo(),
    silence: { resolved: false, idle: false },
  }
}
