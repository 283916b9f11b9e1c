/** Configs of other trainers as graphs: Tinker Studio, tinker-cookbook, LLaMA-Factory and Axolotl. */
import { load } from 'js-yaml'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import type { Registry } from '../kinds/registry.ts'
import { diagnose } from './codes.ts'
import { axolotl } from './formats/axolotl.ts'
import { cookbook } from './formats/cookbook.ts'
import { llamaFactory } from './formats/llamaFactory.ts'
import { tinkerStudio } from './formats/tinkerStudio.ts'
import { drawRecipe, NODES, Notes } from './recipe.ts'
import type { ConfigFormat } from './recipe.ts'
import { isRecord, Settings } from './settings.ts'

const FORMATS: readonly ConfigFormat[] = [tinkerStudio, cookbook, llamaFactory, axolotl]
/** Larger ones are no configs; YAML readers are slow on them. */
const MAX_CHARACTERS = 2_000_000
const WHOLE = { on: 'document' } as const

export type ImportedConfig = {
  /** The program whose config it was, or null. */
  readonly format: string | null
  /** Null when nothing could be made of it. */
  readonly doc: GraphDoc | null
  readonly diagnostics: readonly Diagnostic[]
}

/** Whether text is worth `importConfig`: a cheap look, for files whose name does not tell. */
export function looksLikeConfig(name: string, text: string): boolean {
  if (/\.ya?ml$/i.test(name)) return true
  if (!/\.json$/i.test(name) || text.length > MAX_CHARACTERS || !text.trimStart().startsWith('{')) return false
  try {
    return formatOf(JSON.parse(text)) !== null
  } catch {
    return false
  }
}

/** Never throws: whatever is wrong with the text is a diagnostic. `title` names the new document. */
export function importConfig(registry: Registry, text: string, title: string): ImportedConfig {
  const config = parse(text)
  if (!config.ok) return { format: null, doc: null, diagnostics: [config.problem] }
  const format = formatOf(config.value)
  if (format === null || !isRecord(config.value)) {
    const names = FORMATS.map((known) => known.title).join(', ')
    return nothing(`This is no config that is known here; configs of ${names} are.`)
  }
  const settings = new Settings(config.value)
  const notes = new Notes()
  const recipe = format.read(settings, notes)
  if (recipe === null) return { format: format.title, doc: null, diagnostics: notes.list }
  for (const { path, value } of settings.leftovers()) {
    notes.lost(
      { on: 'node', node: NODES.trainer },
      `${format.title}’s ${path} (${brief(value)}) has no equivalent and was left out.`,
    )
  }
  for (const { path, value, expected } of settings.misread()) {
    notes.lost(
      { on: 'node', node: NODES.trainer },
      `${format.title}’s ${path} (${brief(value)}) is not ${expected} and was left out.`,
    )
  }
  notes.notNeeded(settings.dropped())
  const drawn = drawRecipe(registry, recipe, title, notes.asNote(format.title))
  if (!drawn.ok) return { format: format.title, doc: null, diagnostics: [...notes.list, drawn.error] }
  return { format: format.title, doc: drawn.value, diagnostics: notes.list }
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Diagnostic }

/** JSON is YAML too, but its own reader is faster and stricter. */
function parse(text: string): Parsed {
  if (text.length > MAX_CHARACTERS) {
    const message = `The text is too long for a config: at most ${MAX_CHARACTERS / 1e6} million characters are read.`
    return { ok: false, problem: diagnose('IC9001', WHOLE, message) }
  }
  try {
    return { ok: true, value: text.trimStart().startsWith('{') ? JSON.parse(text) : load(text) }
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error)
    return { ok: false, problem: diagnose('IC9001', WHOLE, `The config is neither JSON nor YAML: ${reason}.`) }
  }
}

function formatOf(value: unknown): ConfigFormat | null {
  return isRecord(value) ? (FORMATS.find((format) => format.matches(value)) ?? null) : null
}

function nothing(message: string): ImportedConfig {
  return { format: null, doc: null, diagnostics: [diagnose('IC9002', WHOLE, message)] }
}

/** Lists and records are not written out: YAML can make a small file mean a very large value. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isRecord(value)) return 'settings of its own'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
