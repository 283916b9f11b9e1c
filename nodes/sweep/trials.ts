/** A sweep's params → the values of each trial. The same seed draws the same values, whatever else is swept. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import { deriveSeed, seededRng } from '#src/base/rng.ts'
import type { Scalar } from '#src/ir/pipelineConfig.ts'
import type { SweepPlan } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { MAX_SEED } from '#nodes/_shared/optimizer.ts'
import type { SweepParams } from './params.ts'
import { readVariables } from './variables.ts'
import type { Variable } from './variables.ts'

type Trial = { readonly [parameter: string]: Scalar }

/** Values keep the type of the parameter that they stand for: `3` is a word where the parameter is a text. */
export function planSweep(
  params: SweepParams,
  parameters: ReadonlyMap<string, Scalar>,
): Result<SweepPlan, readonly Diagnostic[]> {
  const { strategy, trials, seed } = params
  if (strategy === 'seeds') {
    const seeds = Array.from({ length: trials }, (_, i) => ({ seed: (seed + i) % (MAX_SEED + 1) }))
    return ok({ over: 'seeds', trials: seeds })
  }
  const read = readVariables(params.over, strategy)
  const at = { on: 'field', node: '', field: 'over' } as const
  if (!read.ok) return err([kindDiagnostic('KD2701', at, read.error)])
  const unknown = read.value.filter(({ name }) => !parameters.has(name))
  if (unknown.length > 0) {
    return err(
      unknown.map(({ name }) => {
        const message = `There is no parameter “${name}” to vary. Add one of that name and bind a field to it.`
        return kindDiagnostic('KD2701', at, message, { data: { parameter: name } })
      }),
    )
  }
  const plain = strategy === 'grid' ? combinations(read.value) : draws(read.value, trials, seed)
  return ok({ over: 'parameters', trials: plain.map((trial) => likeParameters(trial, parameters)) })
}

function combinations(variables: readonly Variable[]): readonly Trial[] {
  let trials: readonly Trial[] = [{}]
  for (const variable of variables) {
    const values = 'values' in variable ? variable.values : []
    trials = trials.flatMap((trial) => values.map((value) => ({ ...trial, [variable.name]: value })))
  }
  return trials
}

function draws(variables: readonly Variable[], trials: number, seed: number): readonly Trial[] {
  return Array.from({ length: trials }, (_, trial) => {
    const drawn = variables.map((variable): [string, Scalar] => {
      const { next, int } = seededRng(deriveSeed(seed, 'sweep', variable.name, trial))
      if ('values' in variable) return [variable.name, variable.values[int(variable.values.length)]!]
      return [variable.name, inRange(variable, next())]
    })
    return Object.fromEntries(drawn)
  })
}

/** Four digits tell two trials apart and can still be read. */
function inRange({ low, high, log }: Extract<Variable, { low: number }>, share: number): number {
  const value = log ? low * (high / low) ** share : low + share * (high - low)
  return Number(value.toPrecision(4))
}

function likeParameters(trial: Trial, parameters: ReadonlyMap<string, Scalar>): Trial {
  const fitted = Object.entries(trial).map(([name, value]): [string, Scalar] => {
    const like = parameters.get(name)
    return [name, typeof like === 'string' ? String(value) : value]
  })
  return Object.fromEntries(fitted)
}
