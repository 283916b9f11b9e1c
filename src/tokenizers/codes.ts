/** Problems that finding, reading and using tokenizers can report. Permanent: never reused, never removed. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const TOKENIZER_CODES = {
  TZ1001: { severity: 'error', title: 'Tokenizer cannot be read', help: 'tokenizers' },
  TZ1006: { severity: 'error', title: 'Tokenizer of another model', help: 'tokenizers' },
} as const satisfies CodeTable

export const diagnose = diagnoser(TOKENIZER_CODES)
