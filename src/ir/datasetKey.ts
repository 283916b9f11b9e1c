/** The key of a dataset's facts and caches: equal rows asked for in equal ways have equal keys. */
import { canonicalSha256 } from '../base/canonicalJson.ts'
import type { DatasetRequest } from './dataset.ts'

/** Requests are immutable, and a compiler asks for the key of each over and over. */
const known = new WeakMap<DatasetRequest, string>()

/** SHA-256 (hex) of the canonical request. A file's name is not part of it: renaming a file changes no row. */
export function datasetKey(request: DatasetRequest): string {
  let key = known.get(request)
  if (key === undefined) known.set(request, (key = keyOf(request)))
  return key
}

function keyOf({ source, mapping }: DatasetRequest): string {
  const rows = source.type === 'asset' ? { type: source.type, asset: source.asset, format: source.format } : source
  return canonicalSha256({ source: rows, mapping })
}
