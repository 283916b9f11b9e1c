/**
 * Why the engine refused: the caller's input, an adapter that is gone, a model folder it cannot run, weights or gradients
 * that are no longer finite numbers, a cancelled call, a closed engine.
 */
export type EngineErrorKind = 'invalidInput' | 'unknownAdapter' | 'badModel' | 'diverged' | 'cancelled' | 'closed'

/** The one error that engine calls reject with. `kind` survives the worker boundary; anything else that is thrown is a bug. */
export class EngineError extends Error {
  readonly kind: EngineErrorKind

  constructor(kind: EngineErrorKind, message: string) {
    super(message)
    this.name = 'EngineError'
    this.kind = kind
  }
}
