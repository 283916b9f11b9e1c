/** Codes of everything that comes in by file, paste or drop. */
import type { CodeTable } from '../base/diagnostic.ts'

export const importCodes = {
  IM7101: { severity: 'error', title: 'Empty file', help: 'import' },
  IM7102: { severity: 'error', title: 'File too large', help: 'import' },
  IM7103: { severity: 'error', title: 'Not a text file', help: 'import' },
} as const satisfies CodeTable
