/** Reads datasets in the run worker, where parsers and tokenizers live; identical questions share one answer. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { DatasetFacts, DatasetRequest } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import type { ProbeRequest, RewardProbe } from '../ir/rewardProbe.ts'
import type { RowPreview } from '#worker/protocol.ts'
import { unanswered } from './unanswered.ts'
import type { RunService } from './runService.ts'

export type FactsService = {
  /** `assetText` is the text of the file that the request names; each of `models` makes token counts possible. */
  facts(
    request: DatasetRequest,
    assetText: string | null,
    models: readonly string[],
  ): Promise<Result<DatasetFacts, Diagnostic>>
  preview(request: DatasetRequest, assetText: string | null, limit: number): Promise<Result<RowPreview, Diagnostic>>
  /** What the rewards give to answers whose worth is known; null when there is nothing to look at. */
  probe(request: ProbeRequest, assetText: string | null): Promise<RewardProbe | null>
}

export function createFactsService(service: RunService): FactsService {
  const asked = new Map<string, Promise<Result<DatasetFacts, Diagnostic>>>()
  return {
    facts(request, assetText, models) {
      const key = JSON.stringify([datasetKey(request), models])
      const same = asked.get(key)
      if (same) return same
      const answer = attempt(() => service.host.datasetFacts(request, assetText, models)).finally(() =>
        asked.delete(key),
      )
      asked.set(key, answer)
      return answer
    },
    preview: (request, assetText, limit) => attempt(() => service.host.previewRows(request, assetText, limit)),
    async probe(request, assetText) {
      const answer = await attempt(() => service.host.probeRewards(request, assetText))
      return answer.ok ? answer.value : null
    },
  }
}

async function attempt<T>(call: () => Promise<T>): Promise<Result<T, Diagnostic>> {
  try {
    return ok(await call())
  } catch (error) {
    return err(unanswered(error))
  }
}
