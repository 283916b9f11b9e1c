/** Brings a node's params from the version they were saved with to the kind's own. */
import type { Result } from '../base/result.ts'
import { ok } from '../base/result.ts'
import { migrationSequence } from '../base/migrationSequence.ts'
import type { NodeRec, Params } from '../graph/model.ts'
import type { NodeKind } from './contract.ts'

/** Params of a newer version come back as they are: what is still understood goes on working. The error is a sentence. */
export function upgradeParams(kind: NodeKind, node: NodeRec): Result<Params, string> {
  if (node.kindVersion >= kind.version) return ok(node.params)
  return migrationSequence(kind.kind, kind.migrations).upgrade(node.params, node.kindVersion)
}
