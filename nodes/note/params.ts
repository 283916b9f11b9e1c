/** Params of a note: words for people. They are no part of a run, so they never change a plan. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type NoteParams = { text: string; colour: 'yellow' | 'blue' | 'green' | 'pink' | 'grey' }

const fields: readonly FieldSpec<NoteParams>[] = [
  {
    key: 'text',
    label: 'Text',
    help: 'What a colleague should know here: why this value, what was tried, what to look at.',
    control: { type: 'text', multiline: true, placeholder: 'Why this way?', maxLength: 20_000 },
  },
  {
    key: 'colour',
    label: 'Colour',
    help: 'Only for the eye; agree on a meaning with your colleagues.',
    control: {
      type: 'select',
      options: [
        { value: 'yellow', label: 'Yellow' },
        { value: 'blue', label: 'Blue' },
        { value: 'green', label: 'Green' },
        { value: 'pink', label: 'Pink' },
        { value: 'grey', label: 'Grey' },
      ],
    },
  },
]

export const noteRules: ParamRules<NoteParams> = { defaults: { text: '', colour: 'yellow' }, fields }
