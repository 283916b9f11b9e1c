/** The key under which facts of a dataset are kept: equal requests, equal keys, whatever the order of their members. */
import { canonicalJson } from '../base/canonicalJson.ts'
import type { DatasetRequest } from './dataset.ts'

export function datasetKey(request: DatasetRequest): string {
  return canonicalJson({ source: request.source, mapping: request.mapping })
}
