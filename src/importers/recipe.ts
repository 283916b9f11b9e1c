/** What every config comes down to: one model, its rows, one trainer, perhaps a reward, and saves. */
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { AssetRec, GraphDoc, Params } from '../graph/model.ts'
import { draw } from '../kinds/drawing.ts'
import type { Registry } from '../kinds/registry.ts'
import { diagnose } from './codes.ts'
import type { Settings } from './settings.ts'

/** Ids of the drawn nodes, so that what is wrong with a config is said on its card. */
export const NODES = {
  model: 'model',
  rows: 'rows',
  mix: 'mix',
  trainer: 'trainer',
  reward: 'reward',
  saves: 'checkpoint',
  note: 'note',
} as const

/** Id of the card of a dataset, counted from 0. */
export function rowsNode(index: number): string {
  return index === 0 ? NODES.rows : `${NODES.rows}-${index + 1}`
}

export type Rows = {
  readonly title: string
  readonly params: Params
  /** Rows that the config itself carries. */
  readonly asset?: AssetRec
}

export type Recipe = {
  readonly model: Params
  readonly rows: readonly Rows[]
  readonly trainer: { readonly kind: 'train-sft' | 'train-rl'; readonly params: Params }
  readonly reward: Params | null
  /** Params of the checkpoint node. */
  readonly saves: Params
  /** Hand the held-out rows to the trainer. */
  readonly heldout: boolean
}

/** A format of another program: how it is recognised, and how it is read. Reading adds to `notes`. */
export type ConfigFormat = {
  readonly id: string
  readonly title: string
  matches(config: Readonly<Record<string, unknown>>): boolean
  read(config: Settings, notes: Notes): Recipe | null
}

export type Remark = { readonly title: string; readonly text: string }

/** A note that is longer is not read. */
const MOST_ITEMS = 40

/** Collects what could not be taken over, or only in another form. */
export class Notes {
  readonly list: Diagnostic[] = []

  /** The setting came over, but not as it was written. */
  changed(at: Locus, message: string): void {
    this.list.push(diagnose('IC9102', at, message))
  }

  /** The setting has no equivalent. */
  lost(at: Locus, message: string): void {
    this.list.push(diagnose('IC9101', at, message))
  }

  /** The config trains in a way that there is no node for. */
  unsupported(message: string): void {
    this.list.push(diagnose('IC9003', { on: 'document' }, message))
  }

  rowsMissing(node: string, name: string): void {
    const message = `The config names the rows "${name}" but does not hold them: choose their file here.`
    this.list.push(diagnose('IC9103', { on: 'field', node, field: 'source' }, message, { data: { name } }))
  }

  /** What came over otherwise or not at all, as words on the canvas: they stay when the list of problems is gone. Null when all came over. */
  asNote(program: string): Remark | null {
    const told = this.list.filter(({ code }) => code === 'IC9101' || code === 'IC9102')
    if (told.length === 0) return null
    const items = told.slice(0, MOST_ITEMS).map(({ message }) => `• ${message}`)
    const more = told.length > MOST_ITEMS ? [`• and ${told.length - MOST_ITEMS} more`] : []
    return {
      title: `From ${program}`,
      text: ['Came over changed, or not at all:', '', ...items, ...more].join('\n'),
    }
  }

  notNeeded(keys: readonly string[]): void {
    if (keys.length === 0) return
    const message = `Not taken over, because the backend decides it: ${keys.join(', ')}.`
    this.list.push(diagnose('IC9104', { on: 'document' }, message, { data: { keys: [...keys] } }))
  }
}

export function onField(node: string, field: string): Locus {
  return { on: 'field', node, field }
}

/** Cards are 264 wide. */
const COLUMN = 336
const ROW = 176

export function drawRecipe(
  registry: Registry,
  recipe: Recipe,
  title: string,
  remark: Remark | null,
): Result<GraphDoc, Diagnostic> {
  const { kind, params } = recipe.trainer
  const { rows } = recipe
  if (rows.length === 0) return err(diagnose('IC9002', { on: 'document' }, 'The config names no rows to train on.'))
  const mixed = rows.length > 1
  // Rows, mix, trainer, checkpoint: a column each.
  const trainer = mixed ? 2 * COLUMN : COLUMN
  let drawing = draw(registry, 'imported', title)
    .node(NODES.model, 'model', recipe.model, { x: 0, y: 0, title: '' })
    .node(NODES.trainer, kind, params, { x: trainer, y: 56 })
    .node(NODES.saves, 'checkpoint', recipe.saves, { x: trainer + COLUMN, y: 56 })
    .wire('model.policy', 'trainer.policy')
    .wire('trainer.trained', 'checkpoint.policy')
  if (mixed) drawing = drawing.node(NODES.mix, 'mix', {}, { x: COLUMN, y: 176 }).wire('mix.rows', 'trainer.dataset')
  rows.forEach((set, index) => {
    const id = rowsNode(index)
    drawing = drawing
      .node(id, 'dataset', set.params, { x: 0, y: ROW * (index + 1), title: set.title })
      .wire(`${id}.rows`, mixed ? 'mix.datasets' : 'trainer.dataset')
    if (set.asset) drawing = drawing.asset(set.asset)
  })
  if (recipe.heldout && kind === 'train-sft') drawing = drawing.wire('rows.heldout', 'trainer.heldout')
  if (recipe.reward) {
    drawing = drawing
      .node(NODES.reward, 'reward', recipe.reward, { x: 0, y: ROW * (rows.length + 1) })
      .wire('reward.reward', 'trainer.reward')
  }
  if (remark) {
    const place = { x: trainer + COLUMN, y: 232, title: remark.title }
    drawing = drawing.node(NODES.note, 'note', { text: remark.text, colour: 'yellow' }, place)
  }
  return ok(drawing.doc)
}
