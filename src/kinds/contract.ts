/** The contract that a node kind fulfils: ports, fields, params and lowering, all data or pure functions. No React here. */
import type { Json } from '../base/canonicalJson.ts'
import type { Diagnostic, DiagnosticCode, Locus } from '../base/diagnostic.ts'
import type { DecisionId, StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { GraphDoc, NodeRec, Params, PortRef } from '../graph/model.ts'
import type { DatasetFacts, DatasetRequest, DatasetSpec, Facts } from '../ir/dataset.ts'
import type {
  CheckpointSpec,
  Condition,
  Decision,
  EvaluatedPolicy,
  ModelSpec,
  PipelineConfig,
  PolicySource,
  RewardSpec,
  Scalar,
  StageEstimate,
} from '../ir/pipelineConfig.ts'

/** Types of what flows over a wire. Colour, shape and label of each: `nodes/_shared/portTypes.ts`. */
export type PortType = 'dataset' | 'policy' | 'reward' | 'scores'

export type PortSpec = {
  readonly key: string
  readonly label: string
  readonly type: PortType
  readonly direction: 'in' | 'out'
  /** An input without it may stay unconnected. */
  readonly required: boolean
  /** An input that takes several wires; others replace the wire they have. */
  readonly multiple: boolean
  readonly help: string
}

export type Group = 'data' | 'model' | 'train' | 'reward' | 'output' | 'annotate'

/** What a port of each type carries while compiling. */
export type PortValue =
  | { readonly type: 'dataset'; readonly dataset: DatasetSpec }
  | { readonly type: 'policy'; readonly policy: PolicyValue }
  | { readonly type: 'reward'; readonly rewards: readonly RewardSpec[] }
  /** Scores of an evaluation, with the policies that it compares. */
  | { readonly type: 'scores'; readonly stage: StageId; readonly policies: readonly ScoredPolicy[] }

/** A base model plus the weights so far, with the name people see for it. */
export type PolicyValue = {
  readonly label: string
  readonly model: ModelSpec
  readonly source: PolicySource
  readonly renderer: string
  /** Gates on the way to it: all must hold, or there is no such policy. */
  readonly conditions: readonly Condition[]
  /** So many of them stand before the stage that made it; absent for none. */
  readonly madeBehind?: number
  /** Stages that must have ended before it can be had. */
  readonly needs: readonly StageId[]
  /** What a choice chooses from; absent where nothing is chosen. */
  readonly among?: readonly PolicyValue[]
}

/** A policy under the label that its scores have. */
export type ScoredPolicy = { readonly policy: PolicyValue; readonly as: EvaluatedPolicy }

export type InputValue = { readonly value: PortValue; readonly from: { readonly node: string; readonly port: string } }

export type LowerCtx<P> = {
  readonly node: NodeRec
  /** The person's title or the kind's own. */
  readonly title: string
  readonly params: P
  /** Values of the connected inputs, by port key, in a stable order. Inputs whose source failed are absent. */
  inputs(port: string): readonly InputValue[]
  readonly facts: Facts
  datasetFacts(request: DatasetRequest): DatasetFacts | null
  /** The stage id that this node's stage gets. */
  readonly stageId: StageId
  /** The id that this node's decision gets. */
  readonly decisionId: DecisionId
  /** Version of the IR that stages are written in. */
  readonly irVersion: number
}

export type Lowered = {
  readonly outputs: { readonly [port: string]: PortValue }
  readonly stage?: PipelineConfig
  /** What a gate or a best-of decides while the run goes on. */
  readonly decision?: Decision
  readonly estimate?: StageEstimate
  /** Save rules that a checkpoint node adds to a stage upstream. */
  readonly amend?: readonly { readonly stage: StageId; readonly checkpoint: CheckpointSpec }[]
  readonly diagnostics: readonly Diagnostic[]
}

/** One editor of the inspector, as data. `K` are the params whose value fits the control. */
export type FieldSpec<P = Record<string, unknown>> = {
  readonly key: keyof P & string
  readonly label: string
  /** One or two sentences: the trade-off and a typical value. */
  readonly help: string
  readonly unit?: string
  readonly section?: string
  /** Hidden behind "advanced" until asked for. */
  readonly advanced?: boolean
  /** Pure function of the params; a hidden field never enters the plan. */
  hiddenIf?(params: P): boolean
  readonly control: FieldControl
}

export type FieldControl =
  | {
      readonly type: 'number'
      readonly min: number
      readonly max: number
      readonly step: number
      readonly integer: boolean
      readonly scale?: 'log'
      /** What 0 means where it is no amount, e.g. `all rows`; shown beside it in place of the unit. */
      readonly zero?: string
    }
  | {
      readonly type: 'select'
      readonly options: readonly { readonly value: string; readonly label: string; readonly help?: string }[]
    }
  /** Numbers to choose from, e.g. powers of two. */
  | { readonly type: 'choice'; readonly options: readonly number[] }
  | {
      readonly type: 'text'
      readonly multiline: boolean
      readonly placeholder?: string
      readonly maxLength: number
      /** It is the name of a graph parameter: taken when it is finished, and whatever mentions it follows. */
      readonly names?: 'parameter'
    }
  | { readonly type: 'switch' }
  /** Names offered by the backend's live list. */
  | { readonly type: 'model' }
  /** Built-in sets, files, paste, preview and mapping. */
  | { readonly type: 'dataset'; readonly builtin: readonly BuiltinSet[] }
  | { readonly type: 'mapping' }

/** A set of rows that ships with Tunegraph. */
export type BuiltinSet = { readonly name: string; readonly title: string; readonly help: string }

export type KindMigration = { readonly id: string; up(params: Params): Params }

export type NodeKind<P = Record<string, unknown>> = {
  /** Equals the folder's name. */
  readonly kind: string
  readonly version: number
  readonly title: string
  readonly group: Group
  /** Name of a lucide icon that src/ui/theme/KindIcon.tsx lists. */
  readonly icon: string
  /** Words people search for besides the title. */
  readonly synonyms: readonly string[]
  /** One sentence for the palette. */
  readonly description: string
  readonly size: { readonly width: number; readonly height: number }
  readonly defaults: P
  /** Params of the current version; every failure names its field. */
  parse(raw: Params, at: Locus & { on: 'node' }): Result<P, readonly Diagnostic[]>
  readonly migrations: readonly KindMigration[]
  readonly fields: readonly FieldSpec<P>[]
  ports(params: P): readonly PortSpec[]
  /**
   * A node that only hands on: for each output the input whose wires it stands for. It is taken out before lowering, so
   * that a drawing with it compiles to the same bytes as one without.
   */
  passThrough?(params: P): { readonly [output: string]: string }
  /** Where the trials of a sweep meet: this node is not copied, it takes the wires of all copies. */
  readonly joinsTrials?: boolean
  /** A graph parameter: its name and value, for fields that are bound to it, and the param that holds the value. */
  parameter?(params: P): { readonly name: string; readonly value: Scalar; readonly field: string }
  /** Of such a kind: params of a parameter with this name and value. */
  parameterOf?(name: string, value: Scalar): P
  /** A sweep: the values that each trial gives to parameters or, for `seeds`, to every field called seed. */
  sweep?(params: P, parameters: ReadonlyMap<string, Scalar>): Result<SweepPlan, readonly Diagnostic[]>
  /** Of a kind whose params mention graph parameters by name: the params with the one called `from` called `to`. */
  renamed?(params: P, from: string, to: string): P
  /** A group: the drawing inside and how its ports and values reach in. */
  inside?(params: P): GroupContent
  /** A group: how it is made and changed. */
  readonly edits?: GroupEdits<P>
  /** Data the compiler will ask facts about. */
  factRequests?(params: P): readonly DatasetRequest[]
  lower(ctx: LowerCtx<P>): Lowered
  /** One line on the card, e.g. `lr 4e-4 · 6 epochs`. */
  summary(params: P): string
  /** Assets of the document that the params refer to. */
  assets?(params: P): readonly string[]
}

/** Values by parameter name, one record per trial; `seed` as a field name means every trained node's seed. */
export type SweepPlan = {
  readonly trials: readonly { readonly [parameter: string]: Scalar }[]
  readonly over: 'parameters' | 'seeds'
}

export type GroupPort = {
  readonly key: string
  readonly direction: 'in' | 'out'
  /** Ports inside that a wire at this port reaches; an output has at most one. */
  readonly inner: readonly PortRef[]
}

export type GroupContent = {
  readonly nodes: GraphDoc['nodes']
  readonly edges: GraphDoc['edges']
  readonly ports: readonly GroupPort[]
  /** Promoted params: the field inside that each sets, and its value. */
  readonly values: readonly (PromotedField & { readonly value: Json })[]
  /** Where the cards that stand for its inputs and outputs lie among the nodes inside; absent until somebody moves one. */
  readonly places: RailPlaces
}

export type RailPlaces = { readonly in?: NodeRec['position']; readonly out?: NodeRec['position'] }

/** A field of a node inside a group that the group's card shows. */
export type PromotedField = {
  readonly key: string
  readonly label: string
  readonly node: string
  readonly field: string
}

/** Changes of a group's params, each pure; they say nothing of the wires and bindings at the card. */
export type GroupEdits<P> = {
  /** A group of this part of a drawing. */
  make(
    graph: Pick<GraphDoc, 'nodes' | 'edges'>,
    ports: readonly (Omit<PortSpec, 'help'> & Pick<GroupPort, 'inner'>)[],
  ): P
  withNodes(params: P, nodes: GraphDoc['nodes']): P
  /** Another drawing inside, and other ports; what is promoted of nodes that are gone goes, too. */
  withContent(
    params: P,
    content: Pick<GraphDoc, 'nodes' | 'edges'> & {
      readonly ports: readonly (Omit<PortSpec, 'help'> & Pick<GroupPort, 'inner'>)[]
      readonly places: RailPlaces
    },
  ): P
  /** Another value of a promoted field. */
  withValue(params: P, key: string, value: Json): P
  promote(params: P, field: PromotedField): P
  /** The field is no longer shown; inside it keeps the value that it had on the card. */
  demote(params: P, key: string): P
}

/** Params as stored are JSON; a kind's P must be, too. */
export type JsonParams = { readonly [field: string]: Json }

export type KindCodes = Readonly<Record<string, DiagnosticCode>>
