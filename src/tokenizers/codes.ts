/** Problems that finding, reading and using tokenizers can report. Permanent: never reused, never removed. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const TOKENIZER_CODES = {
  TZ1001: { severity: 'error', title: 'Tokenizer cannot be read', help: 'tokenizers' },
  TZ1002: { severity: 'error', title: 'Tokenizer not found', help: 'tokenizers' },
  TZ1003: { severity: 'error', title: 'Tokenizer needs access', help: 'tokenizers' },
  TZ1004: { severity: 'error', title: 'Hub gives no answer', help: 'tokenizers' },
  TZ1005: { severity: 'error', title: 'Tokenizer file was cut', help: 'tokenizers' },
  TZ1006: { severity: 'error', title: 'Tokenizer of another model', help: 'tokenizers' },
  TZ1007: { severity: 'error', title: 'Tokenizer file is missing', help: 'tokenizers' },
  TZ1008: { severity: 'error', title: 'Chat template is missing', help: 'tokenizers' },
  TZ1009: { severity: 'error', title: 'Chat template refuses', help: 'tokenizers' },
} as const satisfies CodeTable

export const diagnose = diagnoser(TOKENIZER_CODES)
