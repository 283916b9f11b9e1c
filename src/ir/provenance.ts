/** Where each value of a plan comes from: the node and its field or port; and back, what a field becomes. */
import { partsOf } from './dataset.ts'
import type { DatasetSpec } from './dataset.ts'
import type { Decision, EvaluatedPolicy, PipelineConfig, Plan, RewardSpec } from './pipelineConfig.ts'

/** A value that follows from the node as a whole, such as its id, has neither field nor port. */
export type Place = { readonly node: string; readonly field: string | null; readonly port: string | null }

/** One value of a stage or decision; `path` is dotted, with indices, e.g. `rl.rewards.0.weight`. */
export type Leaf = { readonly item: string; readonly path: string }

export type Provenance = {
  /** Null when there is no such value. */
  placeOf(leaf: Leaf): Place | null
  /** Every value that comes from the node, or from one field or port of it, in the order of the plan. */
  leavesOf(node: string, fieldOrPort?: string): readonly Leaf[]
  /** Stages and decisions in which anything comes from the node. */
  itemsOf(node: string): readonly string[]
}

type Path = readonly string[]

/** Indexed on first use: most plans are only asked from one side. */
export function provenanceOf(plan: Plan): Provenance {
  const items = new Map<string, PipelineConfig | Decision>([
    ...plan.stages.map((stage) => [stage.id as string, stage] as const),
    ...plan.decisions.map((decision) => [decision.id as string, decision] as const),
  ])
  let byNode: Map<string, { readonly leaf: Leaf; readonly place: Place }[]> | null = null
  const index = (): NonNullable<typeof byNode> => {
    if (byNode) return byNode
    byNode = new Map()
    for (const [id, item] of items) {
      for (const path of leafPaths(item)) {
        const place = placeIn(item, path.split('.'))
        const entry = { leaf: { item: id, path }, place }
        const known = byNode.get(place.node)
        if (known) known.push(entry)
        else byNode.set(place.node, [entry])
      }
    }
    return byNode
  }
  return {
    placeOf({ item, path }) {
      const found = items.get(item)
      return found ? placeIn(found, path.split('.')) : null
    },
    leavesOf(node, fieldOrPort) {
      const all = index().get(node) ?? []
      const wanted =
        fieldOrPort === undefined
          ? all
          : all.filter(({ place }) => place.field === fieldOrPort || place.port === fieldOrPort)
      return wanted.map(({ leaf }) => leaf)
    },
    itemsOf: (node) => [...new Set((index().get(node) ?? []).map(({ leaf }) => leaf.item))],
  }
}

/** Paths of all values that are no records or lists; an empty list is a value, too. */
export function leafPaths(value: unknown, prefix = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [prefix]
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  if (entries.length === 0) return [prefix]
  return entries.flatMap(([key, item]) => leafPaths(item, prefix === '' ? key : `${prefix}.${key}`))
}

/** Total: whatever the path, the answer is a node; the narrower place is given where one field or port decides. */
export function placeIn(item: PipelineConfig | Decision, path: Path): Place {
  return 'type' in item ? placeInDecision(item, path) : placeInStage(item, path)
}

function placeInStage(stage: PipelineConfig, path: Path): Place {
  const [head, ...rest] = path
  const own = ofField(stage.node)
  switch (head) {
    case 'dataset':
      return placeInDataset(stage, stage.dataset, rest)
    case 'heldout':
      return stage.mode === 'sft' && stage.heldout
        ? placeInDataset(stage, stage.heldout, rest)
        : ofPort(stage.node, 'heldout')
    case 'renderer':
      return ofField(modelOf(stage).node)('renderer')
    case 'conditions':
    case 'dependsOn':
      return ofPort(stage.node, stage.mode === 'evaluate' ? 'policies' : 'policy')
    case 'model':
      return placeInModel(modelOf(stage).node, rest)
    case 'start':
      return rest[0] === 'load' ? own('continueOptimizer') : ofPort(stage.node, 'policy')
    case 'hyperparameters': {
      const field = rest.at(-1) ?? null
      return stage.mode === 'rl' && field === 'gradientAccumulation' ? ofNode(stage.node) : own(field)
    }
    case 'sft':
      return own(rest[0] ?? null)
    case 'rl':
    case 'evaluation':
      return placeInSpec(stage, rest)
    case 'checkpointing':
      return placeInSave(stage, rest)
    default:
      return ofNode(stage.node)
  }
}

/** The parts that RL and evaluation share, and what each has of its own: params of the same name. */
function placeInSpec(stage: PipelineConfig, [head, ...rest]: Path): Place {
  if (head === 'rewards') {
    const rewards = stage.mode === 'rl' ? stage.rl.rewards : stage.mode === 'evaluate' ? stage.evaluation.rewards : []
    const reward = rewards[Number(rest[0])]
    return reward ? placeInReward(reward, rest.slice(1)) : ofPort(stage.node, 'reward')
  }
  if (head === 'policies' && stage.mode === 'evaluate') {
    return placeInPolicy(stage.node, 'policies', stage.evaluation.policies[Number(rest[0])], rest.slice(1))
  }
  return ofField(stage.node)((head === 'sampling' ? rest[0] : head) ?? null)
}

function placeInPolicy(node: string, port: string, policy: EvaluatedPolicy | undefined, [head, ...rest]: Path): Place {
  if (head === 'model' && policy) return placeInModel(policy.model.node, rest)
  if ((head === 'label' || head === 'node') && policy) return ofNode(policy.node)
  return ofPort(node, port)
}

function placeInDataset(stage: PipelineConfig, spec: DatasetSpec, path: Path): Place {
  const [head, ...rest] = path
  if (head === 'more') {
    const part = partsOf(spec)[Number(rest[0]) + 1]
    return part ? placeInDataset(stage, part, rest.slice(1)) : ofPort(stage.node, 'dataset')
  }
  const field = ofField(spec.node)
  switch (head) {
    case 'rows':
    case 'source':
      return field('source')
    case 'part':
      return field('heldoutRows')
    case 'limit':
    case 'limitedBy':
      return ofField(spec.limitedBy ?? spec.node)('limit')
    case 'mapping':
    case 'systemPrompt':
    case 'heldoutRows':
    case 'splitSeed':
      return field(head)
    default:
      return ofNode(spec.node)
  }
}

function placeInModel(node: string, [head]: Path): Place {
  return head === undefined || head === 'node' ? ofNode(node) : ofField(node)(head)
}

const GRADER_FIELDS: Readonly<Record<string, string>> = { type: 'grader', min: 'minLength', max: 'maxLength' }

function placeInReward(reward: RewardSpec, [head, name]: Path): Place {
  const field = ofField(reward.node)
  if (head === 'weight') return field('weight')
  if (head === 'grader' && name !== undefined) return field(GRADER_FIELDS[name] ?? name)
  return ofNode(reward.node)
}

function placeInSave(stage: PipelineConfig, [index, name]: Path): Place {
  const save = stage.mode === 'evaluate' ? undefined : stage.checkpointing[Number(index)]
  const node = save?.node ?? stage.node
  if (!save?.node || name === undefined || name === 'node') return ofNode(node)
  return ofField(node)(name === 'ttlSeconds' ? (save.ttlSeconds === null ? 'keep' : 'ttlHours') : name)
}

function placeInDecision(decision: Decision, [head, ...rest]: Path): Place {
  const { node } = decision
  switch (head) {
    case 'candidates': {
      const candidate = decision.type === 'best-of' ? decision.candidates[Number(rest[0])] : undefined
      return placeInPolicy(node, 'scores', candidate, rest.slice(1))
    }
    case 'evaluation':
      return ofPort(node, 'scores')
    case 'policy':
    case 'conditions':
      return ofPort(node, decision.type === 'gate' ? 'policy' : 'scores')
    case 'goal':
    case 'comparison':
    case 'threshold':
    case 'against':
      return ofField(node)(head)
    default:
      return ofNode(node)
  }
}

function modelOf(stage: PipelineConfig): { readonly node: string } {
  return stage.mode === 'evaluate' ? stage.evaluation.policies[0]!.model : stage.model
}

function ofField(node: string): (field: string | null) => Place {
  return (field) => ({ node, field, port: null })
}

function ofPort(node: string, port: string): Place {
  return { node, field: null, port }
}

function ofNode(node: string): Place {
  return { node, field: null, port: null }
}
