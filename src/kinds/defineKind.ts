/** The door that every kind comes through: mistakes in a definition fail when it is loaded, not when someone uses it. */
import { migrationSequence } from '../base/migrationSequence.ts'
import type { NodeKind } from './contract.ts'

/** @throws Error when versions and migrations disagree or a field edits a param that does not exist. */
export function defineKind<P extends object>(kind: NodeKind<P>): NodeKind {
  const { current } = migrationSequence(kind.kind, kind.migrations)
  if (current !== kind.version)
    throw new Error(`${kind.kind} is version ${kind.version} but its migrations lead to ${current}`)
  for (const field of kind.fields) {
    if (!Object.hasOwn(kind.defaults, field.key))
      throw new Error(`${kind.kind} has a field ${field.key} but no such param`)
  }
  // From here on the params' type is the kind's own affair: it only ever gets what its parse has returned.
  return kind as unknown as NodeKind
}
