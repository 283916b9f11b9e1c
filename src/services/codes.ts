/** Codes of problems with workers and the connection to a backend (SV0xxx). Permanent: never reused, never removed. */
import { diagnoser } from '../base/diagnostic.ts'

export const SERVICE_CODES = {
  SV0001: { severity: 'error', title: 'The run worker stopped', help: 'worker-stopped' },
  SV0002: { severity: 'error', title: 'The embedded backend stopped', help: 'worker-stopped' },
  SV0003: { severity: 'error', title: 'Layout took too long', help: 'layout' },
  SV0004: { severity: 'error', title: 'Layout failed', help: 'layout' },
  SV0005: { severity: 'error', title: 'A run is already going on', help: 'one-run' },
  SV0006: { severity: 'error', title: 'A worker did not answer', help: 'worker-stopped' },
} as const

export const diagnose = diagnoser(SERVICE_CODES)
