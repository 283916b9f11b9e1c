/** What can go wrong on the way to a hub, as one closed union that survives structured cloning. Never holds a token. */
import type { Diagnostic, Locus } from '../../base/diagnostic.ts'
import { diagnose } from '../codes.ts'
import type { TinkerCode } from '../codes.ts'

export type PushPhase = 'checking' | 'preparing' | 'uploading' | 'committing'

export type HubFailure = {
  /** One sentence for a person. */
  readonly message: string
  readonly phase: PushPhase
  readonly status?: number
  /** The hub's own words. */
  readonly hubSays?: string
} & (
  | { readonly kind: 'aborted' }
  /** No answer. A page cannot tell a network that is down from a host that forbids pages (CORS): `host` says which one it is. */
  | { readonly kind: 'offline'; readonly host: string }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'malformed' }
  /** The files are no adapter in the layout of PEFT. */
  | { readonly kind: 'notAnAdapter' }
  /** The repository holds another checkpoint. */
  | { readonly kind: 'otherCheckpoint' }
)

const CODE_OF: Readonly<Record<HubFailure['kind'], TinkerCode>> = {
  aborted: 'TK4001',
  offline: 'TK4040',
  unauthorized: 'TK4041',
  rejected: 'TK4042',
  conflict: 'TK4043',
  unavailable: 'TK4044',
  malformed: 'TK4045',
  notAnAdapter: 'TK4046',
  otherCheckpoint: 'TK4047',
}

/** The failure as a row of the problem list. */
export function hubDiagnostic(failure: HubFailure, at: Locus = { on: 'document' }): Diagnostic {
  const { message, ...data } = failure
  return diagnose(CODE_OF[failure.kind], at, message, { data })
}

/** Carries a failure out of nested calls; `pushToHub` returns it as data. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly failure: HubFailure

  constructor(failure: HubFailure) {
    super(failure.message)
    this.failure = failure
  }
}
