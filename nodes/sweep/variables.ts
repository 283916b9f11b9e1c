/** Lines like `lr: 1e-4, 3e-4` or `lr: 1e-5..1e-3 log` → what is varied. */
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import type { Scalar } from '#src/ir/pipelineConfig.ts'

export type Variable =
  | { readonly name: string; readonly values: readonly Scalar[] }
  | { readonly name: string; readonly low: number; readonly high: number; readonly log: boolean }

/** Combinations beyond this are a slip of the hand. */
const MOST_TRIALS = 1000

/** The error is a sentence that names the line. */
export function readVariables(text: string, strategy: 'grid' | 'random'): Result<readonly Variable[], string> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0) return err('Over must name at least one parameter, as in "lr: 1e-4, 3e-4".')
  const variables: Variable[] = []
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Za-z][A-Za-z0-9_-]{0,39})\s*[:=]\s*(.+)$/.exec(line) ?? []
    if (name === '') return err(`Over has a line that is no parameter with values: "${shortened(line)}".`)
    if (variables.some((known) => known.name === name)) return err(`Over names ${name} twice.`)
    const variable = rest.includes('..') ? rangeOf(name, rest) : valuesOf(name, rest)
    if (!variable.ok) return variable
    if (strategy === 'grid' && 'low' in variable.value)
      return err(`Over gives a range for ${name}, but a grid needs values, as in "${name}: 1, 2, 3".`)
    variables.push(variable.value)
  }
  const trials = variables.reduce((n, v) => n * ('values' in v ? v.values.length : 1), 1)
  if (strategy === 'grid' && trials > MOST_TRIALS)
    return err(`Over makes ${trials} combinations; the most is ${MOST_TRIALS}. Random draws need fewer.`)
  return ok(variables)
}

/** The lines with the parameter `from` called `to`; everything else stays as it was written. */
export function renamedVariable(text: string, from: string, to: string): string {
  const lines = text.split('\n').map((line) => {
    const [whole = '', before = '', name = ''] = /^(\s*)([A-Za-z][A-Za-z0-9_-]*)(?=\s*[:=])/.exec(line) ?? []
    return name === from ? `${before}${to}${line.slice(whole.length)}` : line
  })
  return lines.join('\n')
}

function rangeOf(name: string, text: string): Result<Variable, string> {
  const [, a = '', b = '', log = ''] = /^(\S+?)\s*\.\.\s*(\S+)(\s+log)?$/.exec(text) ?? []
  const [low, high] = [Number(a), Number(b)]
  if (a === '' || !Number.isFinite(low) || !Number.isFinite(high) || low >= high)
    return err(`Over has a range for ${name} that is not two rising numbers: "${shortened(text)}".`)
  if (log !== '' && low <= 0) return err(`Over has a range for ${name} on a log scale that does not begin above 0.`)
  return ok({ name, low, high, log: log !== '' })
}

function valuesOf(name: string, text: string): Result<Variable, string> {
  const words = text.split(',').map((word) => word.trim())
  if (words.includes('')) return err(`Over has an empty value for ${name}.`)
  const values = words.map(valueOf)
  if (new Set(values).size < values.length) return err(`Over has the same value for ${name} twice.`)
  return ok({ name, values })
}

function valueOf(word: string): Scalar {
  if (word === 'true' || word === 'false') return word === 'true'
  const number = Number(word)
  // JSON has no negative zero.
  return Number.isFinite(number) ? number + 0 : word
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
