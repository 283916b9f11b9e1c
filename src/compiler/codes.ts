/** Diagnostics of compiling. CM30xx resolve, CM31xx check, CM32xx the whole, CM33xx verify, CM34xx rows, CM35xx steps. */
import { diagnoser } from '../base/diagnostic.ts'

export const compilerCodes = {
  CM3001: { severity: 'error', title: 'Unknown kind', help: 'kinds' },
  CM3002: { severity: 'warning', title: 'Node of a newer version', help: 'kinds' },
  CM3003: { severity: 'error', title: 'Node cannot be brought up to date', help: 'kinds' },
  CM3004: { severity: 'warning', title: 'Unknown param', help: 'kinds' },
  CM3101: { severity: 'error', title: 'Input missing', help: 'wires' },
  CM3102: { severity: 'error', title: 'File missing', help: 'dataset' },
  CM3103: { severity: 'info', title: 'Reading rows', help: 'dataset' },
  CM3201: { severity: 'info', title: 'Nothing to run', help: 'run' },
  CM3202: { severity: 'info', title: 'Not part of the run', help: 'run' },
  CM3301: { severity: 'error', title: 'Checkpoint name taken', help: 'checkpoint' },
  CM3302: { severity: 'error', title: 'Broken stage', help: 'kinds' },
  CM3303: { severity: 'error', title: 'Kind failed', help: 'kinds' },
  CM3401: { severity: 'error', title: 'No rows', help: 'dataset' },
  CM3402: { severity: 'error', title: 'No answers', help: 'dataset' },
  CM3403: { severity: 'warning', title: 'Answers missing', help: 'dataset' },
  CM3404: { severity: 'warning', title: 'Rows cut', help: 'dataset' },
  CM3405: { severity: 'error', title: 'Nothing to learn after cutting', help: 'dataset' },
  CM3406: { severity: 'error', title: 'Longer than the model reads', help: 'model' },
  CM3407: { severity: 'error', title: 'No room for an answer', help: 'model' },
  CM3408: { severity: 'warning', title: 'Prompts left out', help: 'dataset' },
  CM3409: { severity: 'warning', title: 'Measured on training rows', help: 'dataset' },
  CM3501: { severity: 'error', title: 'No step', help: 'steps' },
  CM3502: { severity: 'warning', title: 'Warm-up fills the run', help: 'steps' },
  CM3503: { severity: 'warning', title: 'Cadence longer than the run', help: 'steps' },
} as const

export const compilerDiagnostic = diagnoser(compilerCodes)
