/** Codes of configs of other trainers that become graphs. */
import type { CodeTable } from '../base/diagnostic.ts'
import { diagnoser } from '../base/diagnostic.ts'

export const importerCodes = {
  IC9001: { severity: 'error', title: 'Config cannot be read', help: 'import' },
  IC9002: { severity: 'error', title: 'Config of an unknown program', help: 'import' },
  IC9003: { severity: 'error', title: 'Method without an equivalent', help: 'import' },
  IC9101: { severity: 'warning', title: 'Setting without an equivalent', help: 'import' },
  IC9102: { severity: 'warning', title: 'Setting taken over in another form', help: 'import' },
  IC9103: { severity: 'warning', title: 'Rows are not in the config', help: 'import' },
  IC9104: { severity: 'info', title: 'Settings that are not needed', help: 'import' },
} as const satisfies CodeTable

export const diagnose = diagnoser(importerCodes)
