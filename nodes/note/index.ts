import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { lowerNote } from './lower.ts'
import { noteRules } from './params.ts'
import type { NoteParams } from './params.ts'

export default defineKind<NoteParams>({
  kind: 'note',
  version: 1,
  title: 'Note',
  group: 'annotate',
  icon: 'sticky-note',
  synonyms: ['comment', 'text', 'sticky', 'annotation'],
  description: 'Words on the canvas for whoever opens the graph.',
  size: { width: 264, height: 184 },
  defaults: noteRules.defaults,
  parse: (raw, at) => parseFields(noteRules, raw, at),
  migrations: [],
  fields: noteRules.fields,
  ports: () => [],
  lower: lowerNote,
  summary: (params) => params.text.split('\n', 1)[0]!,
})
