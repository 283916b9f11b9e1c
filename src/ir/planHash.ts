/** The hash of a whole plan, from the keys of its stages and decisions. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** @param hashes keys by id; their order does not enter */
export function planHash(hashes: { readonly [id: string]: string }): string {
  return sha256Hex(canonicalJson({ irVersion: IR_VERSION, stages: Object.values(hashes).sort() }))
}
