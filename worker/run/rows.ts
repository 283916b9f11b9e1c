/** Rows of datasets: built-in sets and files of the document, read once and kept while they are of use. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import type { ExamplesRead } from '#src/data/readExamples.ts'
import { readExamples } from '#src/data/readExamples.ts'
import type { DatasetRequest, DatasetSource } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import { diagnose } from '../codes.ts'

/** Text of a set that ships with the app (JSONL); null when there is none of that name. */
export type BuiltinSets = (name: string) => Promise<string | null>

export type Rows = {
  /** @param assetText text of the file that the request names; null when the caller does not have it */
  read(request: DatasetRequest, assetText: string | null): Promise<Result<ExamplesRead, Diagnostic>>
  text(source: DatasetSource, assetText: string | null): Promise<Result<string, Diagnostic>>
}

/** Files may be large and people try mappings one after the other. */
const KEPT = 4

export function createRows(builtin: BuiltinSets): Rows {
  /** Least recently used first. An asset's id is the hash of its text, so equal requests have equal rows. */
  const kept = new Map<string, ExamplesRead>()

  async function text(source: DatasetSource, assetText: string | null): Promise<Result<string, Diagnostic>> {
    if (source.type === 'asset') {
      return assetText === null ? err(missing(`The file ${source.name} is not in the document.`)) : ok(assetText)
    }
    try {
      const found = await builtin(source.name)
      return found === null ? err(missing(`There is no built-in set called ${source.name}.`)) : ok(found)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return err(missing(`The built-in set ${source.name} could not be loaded: ${reason}.`))
    }
  }

  return {
    text,
    async read(request, assetText) {
      const key = datasetKey(request)
      const known = kept.get(key)
      if (known) {
        kept.delete(key)
        kept.set(key, known)
        return ok(known)
      }
      const found = await text(request.source, assetText)
      if (!found.ok) return found
      const read = readExamples(request, found.value)
      kept.set(key, read)
      for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT))) kept.delete(oldest)
      return ok(read)
    },
  }
}

function missing(message: string): Diagnostic {
  return diagnose('WK0001', { on: 'document' }, message)
}
