/** Plans of older versions, as runs were stored with them, brought up to the current one. What is not a plan stays as it is. */
import { IR_VERSION } from './pipelineConfig.ts'

type PlainRecord = { readonly [key: string]: unknown }

/** Version 1 had no decisions, conditions, pins or fingerprints, and models did not name their node. */
const STEPS: readonly ((plan: PlainRecord) => PlainRecord)[] = [
  (plan) => ({
    ...plan,
    irVersion: 2,
    stages: list(plan['stages']).map((stage) => {
      const evaluation = stage['evaluation']
      const policies = isRecord(evaluation) ? list(evaluation['policies']).map(withConditions) : []
      return {
        ...withModel(stage),
        irVersion: 2,
        conditions: [],
        pin: null,
        ...(isRecord(evaluation) ? { evaluation: { ...evaluation, policies } } : {}),
      }
    }),
    estimates: Object.fromEntries(
      Object.entries(isRecord(plan['estimates']) ? plan['estimates'] : {}).map(([id, estimate]) => [
        id,
        isRecord(estimate) ? { ...estimate, dropped: 0, tokens: null, saves: 0 } : estimate,
      ]),
    ),
    decisions: [],
    fingerprints: {},
    cards: {},
    variants: {},
  }),
]

export function upgradePlan(value: unknown): unknown {
  let plan = value
  while (isRecord(plan)) {
    const version = plan['irVersion']
    const step = typeof version === 'number' && version < IR_VERSION ? STEPS[version - 1] : undefined
    if (!step || !Array.isArray(plan['stages'])) break
    plan = step(plan)
  }
  return plan
}

function withConditions(policy: PlainRecord): PlainRecord {
  return { ...withModel(policy), conditions: [] }
}

function withModel(item: PlainRecord): PlainRecord {
  const model = item['model']
  return isRecord(model) ? { ...item, model: { node: '', ...model } } : item
}

function list(value: unknown): readonly PlainRecord[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isRecord(item) ? item : {})) : []
}

function isRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
