/** An empty storage of its own for a test. */
import 'fake-indexeddb/auto'
import type { DocId, EdgeId, NodeId, RunId, StageId } from '../../base/ids.ts'
import type { GraphDoc } from '../../graph/model.ts'
import { emptyDoc } from '../../graph/model.ts'
import type { MetricBatch, RolloutRecord, RunEvent, RunEventBody } from '../../ir/runEvent.ts'
import type { RunHeader } from '../schema.ts'
import type { Storage } from '../storage.ts'
import { createStorage } from '../storage.ts'

let count = 0

export function freshStorage(): Storage {
  return createStorage({ name: `test-${++count}` })
}

export const RUN = 'run_1' as RunId
export const STAGE = 'stage_1' as StageId

export function header(over: Partial<RunHeader> = {}): RunHeader {
  return {
    id: RUN,
    title: 'Run',
    docId: 'doc_1',
    docVersion: 3,
    planHash: 'abc',
    backend: { type: 'embedded', url: 'http://embedded.tunegraph' },
    phase: 'running',
    startedAt: 1000,
    endedAt: null,
    updatedAt: 1000,
    lastSeq: 0,
    assets: [],
    failure: null,
    ...over,
  }
}

export function event(seq: number, body: RunEventBody = { type: 'runPaused' }, run: RunId = RUN): RunEvent {
  return { ...body, run, seq, at: 1000 + seq }
}

export function points(steps: readonly number[], series = 'train/loss', scale = 1): MetricBatch {
  return {
    run: RUN,
    stage: STAGE,
    series,
    steps: Float64Array.from(steps),
    values: Float64Array.from(steps, (s) => s * scale),
    times: Float64Array.from(steps, (s) => 1000 + s),
  }
}

export function rollout(step: number, sample = 0): RolloutRecord {
  return {
    run: RUN,
    stage: STAGE,
    step,
    group: 0,
    sample,
    policy: null,
    prompt: 'p',
    answer: null,
    completion: `c${step}`,
    tokens: 3,
    stopReason: 'stop',
    reward: 1,
    advantage: 0,
    components: {},
  }
}

export function smallDoc(id = 'doc_1', over: Partial<GraphDoc> = {}): GraphDoc {
  const node = (name: string, x: number): GraphDoc['nodes'][string] => ({
    id: name as NodeId,
    kind: 'note',
    kindVersion: 1,
    title: '',
    params: { text: name },
    position: { x, y: 0 },
  })
  return {
    ...emptyDoc(id as DocId, 'Small'),
    nodes: { n_1: node('n_1', 0), n_2: node('n_2', 300) },
    edges: {
      e_1: {
        id: 'e_1' as EdgeId,
        from: { node: 'n_1' as NodeId, port: 'out' },
        to: { node: 'n_2' as NodeId, port: 'in' },
      },
    },
    ...over,
  }
}
