/** Params of a checkpoint node: what a save is called, how often it is made, and how long it is kept. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type CheckpointParams = { name: string; every: number; keep: boolean; ttlHours: number }

/** What every trainer's own last save is called. */
const RESERVED = 'final'

const fields: readonly FieldSpec<CheckpointParams>[] = [
  {
    key: 'name',
    label: 'Name',
    help: 'What the save is called on the backend and in the playground. Letters, digits, dots, dashes and underscores; different for each checkpoint of a trainer.',
    control: { type: 'text', multiline: false, placeholder: 'after-sft', maxLength: 64 },
  },
  {
    key: 'every',
    label: 'Save every',
    help: 'Also saves during training, every so many optimizer steps; the last save is the one that flows on. 0 saves at the end only.',
    unit: 'steps',
    control: { type: 'number', min: 0, max: 1_000_000, step: 1, integer: true, zero: 'at the end only' },
  },
  {
    key: 'keep',
    label: 'Keep',
    help: 'Keeps the save until you delete it. Off lets the backend delete it by itself, which saves storage for experiments.',
    control: { type: 'switch' },
  },
  {
    key: 'ttlHours',
    label: 'Delete after',
    help: 'Hours until the backend deletes the save: 168 is a week. Whatever starts from it must have run by then.',
    unit: 'hours',
    hiddenIf: (params) => params.keep,
    control: { type: 'number', min: 1, max: 87_600, step: 1, integer: true },
  },
]

export const checkpointRules: ParamRules<CheckpointParams> = {
  defaults: { name: 'checkpoint', every: 0, keep: true, ttlHours: 168 },
  fields,
  composite: {
    name: (value) => {
      if (value === RESERVED) return `Name must not be "${RESERVED}": every trainer’s own last save is called that.`
      const fits = typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)
      const shape = '1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit'
      return fits ? null : `Name must be ${shape}, not ${JSON.stringify(value)}.`
    },
  },
}
