/** Codes of problems that only the host of runs can have (WK0xxx). Permanent: never reused, never removed. */
import type { CodeTable } from '#src/base/diagnostic.ts'
import { diagnoser } from '#src/base/diagnostic.ts'

export const WORKER_CODES = {
  WK0001: { severity: 'error', title: 'Data is missing', help: 'data-missing' },
  WK0002: { severity: 'error', title: 'Tokenizer not found', help: 'tokenizer-missing' },
  WK0003: { severity: 'error', title: 'Another tab carries out this run', help: 'one-run' },
  WK0004: { severity: 'error', title: 'The run cannot go on', help: 'resuming' },
  WK0005: { severity: 'error', title: 'A key is needed', help: 'keys' },
  WK0006: { severity: 'error', title: 'A fault of Tunegraph', help: 'bugs' },
  WK0007: { severity: 'error', title: 'Address is not usable', help: 'addresses' },
  WK0008: { severity: 'error', title: 'Adapter cannot be used', help: 'adapters' },
} as const satisfies CodeTable

export const diagnose = diagnoser(WORKER_CODES)
