/** Rows of a document's datasets: built-in sets from the package, files from the document itself. */
import type { Example } from '#src/data/example.ts'
import { readExamples } from '#src/data/readExamples.ts'
import type { ExamplesRead } from '#src/data/readExamples.ts'
import { selectExamples } from '#src/data/selectExamples.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import type { DatasetRequest, DatasetSource, DatasetSpec } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'

const BUILTIN = import.meta.glob<string>('../nodes/dataset/sets/*.jsonl', { query: '?raw', import: 'default' })

export type Datasets = {
  /** Null when the source does not exist. */
  read(request: DatasetRequest): Promise<ExamplesRead | null>
  examples(spec: DatasetSpec): Promise<readonly Example[]>
}

export function createDatasets(doc: GraphDoc): Datasets {
  const known = new Map<string, Promise<ExamplesRead | null>>()

  async function load(request: DatasetRequest): Promise<ExamplesRead | null> {
    const text = await textOf(request.source, doc)
    return text === null ? null : readExamples(request, text)
  }

  function read({ source, mapping }: DatasetRequest): Promise<ExamplesRead | null> {
    const key = datasetKey({ source, mapping })
    let reading = known.get(key)
    if (!reading) known.set(key, (reading = load({ source, mapping })))
    return reading
  }

  return {
    read,
    async examples(spec) {
      const found = await read(spec)
      // The compiler has read the same rows before the run began.
      if (!found) throw new Error(`the dataset ${spec.source.name} is gone`)
      return selectExamples(found.examples, spec)
    },
  }
}

async function textOf(source: DatasetSource, doc: GraphDoc): Promise<string | null> {
  if (source.type === 'asset') return doc.assets[source.asset]?.text ?? null
  return (await BUILTIN[`../nodes/dataset/sets/${source.name}.jsonl`]?.()) ?? null
}
