/** The hash of a whole plan, from the keys of its stages and decisions. */
import { canonicalSha256 } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** @param hashes keys by id; their order does not enter */
export function planHash(hashes: { readonly [id: string]: string }): string {
  const stages = Object.values(hashes).sort()
  // Keys need no escapes; only what a person has pinned may.
  if (!stages.every(isKey)) return canonicalSha256({ irVersion: IR_VERSION, stages })
  return sha256Hex(`{"irVersion":${IR_VERSION},"stages":[${stages.map((key) => `"${key}"`).join()}]}`)
}

const KEY = /^[0-9a-f]*$/

function isKey(hash: string): boolean {
  return KEY.test(hash)
}
