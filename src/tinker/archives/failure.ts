/** What can go wrong between an archive's address and its files on disk, as one closed union that survives structured cloning. */
import type { Diagnostic, Locus } from '../../base/diagnostic.ts'
import { diagnose } from '../codes.ts'
import type { TinkerCode } from '../codes.ts'

export type ArchiveFailure = {
  /** One sentence for a person. */
  readonly message: string
  /** Member of the archive, where it is about one. */
  readonly entry?: string
  /** HTTP status, where there was an answer. */
  readonly status?: number
} & (
  | { readonly kind: 'aborted' }
  /** No answer, also after trying again. A page cannot tell a network that is down from a host that forbids pages (CORS). */
  | { readonly kind: 'offline' }
  /** The host answered with an error: the address has expired (403, 410), is wrong (404), or the host is in trouble (5xx). */
  | { readonly kind: 'refused' }
  /** The file on the host is another one than when the download began. */
  | { readonly kind: 'changed' }
  /** Bytes that are no archive, or one that ends too early. */
  | { readonly kind: 'broken' }
  /** A member that would write outside its folder, is a link or device, or comes twice. Nothing is kept. */
  | { readonly kind: 'unsafe' }
  /** More files or bytes than allowed. */
  | { readonly kind: 'tooLarge' }
  /** The place that the files go to refused. */
  | { readonly kind: 'unwritable' }
  /** Nothing that can be downloaded here, such as a path on the server's own disk. */
  | { readonly kind: 'unsupported' }
)

const CODE_OF: Readonly<Record<ArchiveFailure['kind'], TinkerCode>> = {
  aborted: 'TK4001',
  offline: 'TK4030',
  refused: 'TK4031',
  changed: 'TK4032',
  broken: 'TK4033',
  unsafe: 'TK4034',
  tooLarge: 'TK4035',
  unwritable: 'TK4036',
  unsupported: 'TK4037',
}

/** The failure as a row of the problem list. */
export function archiveDiagnostic(failure: ArchiveFailure, at: Locus = { on: 'document' }): Diagnostic {
  const { message, ...data } = failure
  return diagnose(CODE_OF[failure.kind], at, message, { data })
}

/** Carries a failure through generators and streams; the functions that are meant for others return it as data. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
  readonly failure: ArchiveFailure

  constructor(failure: ArchiveFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The failure of a caught value. @throws what is not an ArchiveError, for that is a bug. */
export function archiveFailureOf(error: unknown): ArchiveFailure {
  if (error instanceof ArchiveError) return error.failure
  throw error
}
