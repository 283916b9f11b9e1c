/** What a failed storage operation means, as a diagnostic. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { diagnose } from './codes.ts'

const HERE = { on: 'document' } as const

/** Error names of the IndexedDB and DOM specifications. */
export function storageFailure(error: unknown, what: string): Diagnostic {
  const name = errorName(error)
  const data = { name, detail: error instanceof Error ? error.message : String(error) }
  switch (name) {
    case 'QuotaExceededError':
      return diagnose(
        'PS6001',
        HERE,
        `Not saved: disk full. ${what} stays in memory; free some space or delete old runs.`,
        {
          data,
        },
      )
    case 'VersionError':
      return diagnose(
        'PS6003',
        HERE,
        `${what} could not be stored: a newer version of Tunegraph has used this browser's storage. Reload the page.`,
        { data },
      )
    case 'SecurityError':
    case 'ReferenceError':
    case 'NotSupportedError':
      return diagnose(
        'PS6005',
        HERE,
        `${what} could not be stored: this browser gives the page no storage. Export the document as a file.`,
        { data },
      )
    case 'ConstraintError':
      return diagnose('PS6006', HERE, `${what} could not be stored: another tab has written the same entry.`, { data })
    default:
      return diagnose('PS6004', HERE, `${what} could not be stored (${name}: ${data.detail}).`, { data })
  }
}

/** Failures that go away when the connection is opened anew. */
export function isLostConnection(error: unknown): boolean {
  const name = errorName(error)
  return name === 'InvalidStateError' || name === 'ConnectionClosed'
}

function errorName(error: unknown): string {
  if (error && typeof error === 'object' && 'name' in error && typeof error.name === 'string') return error.name
  return 'Error'
}
