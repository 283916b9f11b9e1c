/** How values of other programs become values of our fields, with a note wherever they are not the same. */
import type { Params } from '../graph/model.ts'
import { NODES, onField, rowsNode } from './recipe.ts'
import type { Notes, Rows } from './recipe.ts'
import type { Settings } from './settings.ts'

/** What a field of the trainer is set to when the config says so; absent keys keep the default of the kind. */
export type Some = Record<string, Params[string]>

const RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const
const SCHEDULES = ['constant', 'linear', 'cosine'] as const
/** Alpha of every adapter, as on the service. */
const ALPHA = 32
/** An asset that no document has: the card asks for the file. */
const NO_FILE = '0'.repeat(64)
/** Held-out rows in place of a share of a number of rows that is not known. */
const HELDOUT = 100

export function loraRank(rank: number | null, notes: Notes): Some {
  if (rank === null) return {}
  const nearest = RANKS.reduce((best, r) =>
    Math.abs(Math.log2(r / rank)) < Math.abs(Math.log2(best / rank)) ? r : best,
  )
  if (nearest !== rank) {
    notes.changed(
      onField(NODES.model, 'loraRank'),
      `LoRA rank ${rank} became ${nearest}: ranks are powers of two up to 256.`,
    )
  }
  return { loraRank: nearest }
}

export function loraAlpha(alpha: number | null, notes: Notes): void {
  if (alpha === null || alpha === ALPHA) return
  const message = `LoRA alpha ${alpha} has no equivalent: it is ${ALPHA} for every adapter. Multiply the learning rate by about ${brief(alpha / ALPHA)} for updates of the same size.`
  notes.lost({ on: 'node', node: NODES.model }, message)
}

/** `targets` are module names as PEFT knows them; null stands for all linear layers. */
export function loraTargets(targets: readonly string[] | null, notes: Notes): Some {
  if (targets === null || targets.length === 0) return {}
  const attention = targets.filter((t) => /^(q|k|v|o|qkv|out)_?proj$|^(query|dense|c_attn|qkv)/.test(t))
  const mlp = targets.filter((t) => /^(gate|up|down|gate_up|fc\d)(_proj)?$|^mlp|^w\d$/.test(t))
  const head = targets.filter((t) => /^(lm_head|embed_tokens|unembed)/.test(t))
  const unknown = targets.filter((t) => ![...attention, ...mlp, ...head].includes(t))
  const at = { on: 'node', node: NODES.model } as const
  if (unknown.length > 0)
    notes.lost(at, `No layer group is called ${unknown.join(', ')}: adapters sit on attention, MLP or unembedding.`)
  const some = (group: readonly string[], whole: number, name: string): boolean => {
    if (group.length > 0 && group.length < whole)
      notes.changed(at, `Adapters on ${group.join(', ')} became adapters on all of ${name}.`)
    return group.length > 0
  }
  const params = {
    trainAttn: some(attention, 4, 'attention'),
    trainMlp: some(mlp, 3, 'the MLP'),
    trainUnembed: head.length > 0,
  }
  return params.trainAttn || params.trainMlp || params.trainUnembed ? params : {}
}

export function schedule(name: string | null, notes: Notes): Some {
  if (name === null) return {}
  const known = name.toLowerCase().replace(/_with_warmup$|_with_min_lr$/, '')
  if ((SCHEDULES as readonly string[]).includes(known)) return { schedule: known }
  notes.changed(
    onField(NODES.trainer, 'schedule'),
    `Schedule ${name} became linear: there are ${SCHEDULES.join(', ')}.`,
  )
  return { schedule: 'linear' }
}

/** Warm-up in steps is a share of all steps, which is known only if the config says how many there are. */
export function warmup(ratio: number | null, steps: number | null, maxSteps: number | null, notes: Notes): Some {
  if (steps !== null && steps > 0) {
    const at = onField(NODES.trainer, 'warmupRatio')
    if (maxSteps !== null && maxSteps > 0) {
      const share = Math.min(1, steps / maxSteps)
      notes.changed(at, `Warm-up of ${steps} steps became a share of ${brief(share)}.`)
      return { warmupRatio: share }
    }
    notes.lost(at, `Warm-up of ${steps} steps has no equivalent without a fixed number of steps: set its share here.`)
    return ratio === null ? { warmupRatio: 0 } : { warmupRatio: ratio }
  }
  return ratio === null ? {} : { warmupRatio: ratio }
}

export function epochs(count: number | null, notes: Notes): Some {
  if (count === null) return {}
  const whole = Math.max(1, Math.ceil(count))
  if (whole !== count)
    notes.changed(
      onField(NODES.trainer, 'epochs'),
      `${count} epochs became ${whole}: epochs are whole. Use “Stop after” for less.`,
    )
  return { epochs: whole }
}

/** `share` below 1 is a part of the rows, from 1 on a number of rows. */
export function heldoutRows(share: number | null, notes: Notes): number {
  if (share === null || share <= 0) return 0
  if (share >= 1) return Math.round(share)
  const message = `A share of ${share} held-out rows became ${HELDOUT} rows: change it once the rows are here.`
  notes.changed(onField(NODES.rows, 'heldoutRows'), message)
  return HELDOUT
}

export function optimizer(config: Settings): Some {
  return some({
    beta1: config.number('adam_beta1'),
    beta2: config.number('adam_beta2'),
    eps: config.number('adam_epsilon') ?? config.number('adam_eps'),
    weightDecay: config.number('weight_decay'),
    gradClipNorm: config.number('max_grad_norm'),
  })
}

/** Rows that are named and not there. `index` counts the dataset cards. */
export function namedRows(name: string, index: number, params: Some, notes: Notes): Rows {
  notes.rowsMissing(rowsNode(index), name)
  const format = /\.csv$/i.test(name) ? 'csv' : /\.json$/i.test(name) ? 'json' : 'jsonl'
  return { title: name, params: { source: { type: 'asset', asset: NO_FILE, name, format }, ...params } }
}

/** Without the keys that are null. */
export function some(values: Readonly<Record<string, Params[string] | null | undefined>>): Some {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined)) as Some
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)))
}
