/** The key of a dataset's facts and caches: equal rows asked for in equal ways have equal keys. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { DatasetRequest } from './dataset.ts'

/** SHA-256 (hex) of the canonical request. A file's name is not part of it: renaming a file changes no row. */
export function datasetKey(request: DatasetRequest): string {
  const { source, mapping } = request
  const rows = source.type === 'asset' ? { type: source.type, asset: source.asset, format: source.format } : source
  return sha256Hex(canonicalJson({ source: rows, mapping }))
}
