/** A model node becomes the policy that nothing has been trained on yet. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import { kindDiagnostic, settingFix } from '#nodes/_shared/codes.ts'
import type { ModelParams } from './params.ts'

/** Names listed in a message; a hosted backend offers dozens. */
const NAMES_SHOWN = 12

export function lowerModel(ctx: LowerCtx<ModelParams>): Lowered {
  const { params, node, title, facts } = ctx
  const at = (field: keyof ModelParams): Locus => ({ on: 'field', node: node.id, field })
  if (!facts.models) {
    const message = `Waiting for the backend to say which models it offers; “${title}” is checked then.`
    return { outputs: {}, diagnostics: [kindDiagnostic('KD2101', at('name'), message, { data: { pending: true } })] }
  }
  const offered = facts.models.find((model) => model.name === params.name)
  if (!offered)
    return {
      outputs: {},
      diagnostics: [
        notOffered(
          ctx,
          facts.models.map((m) => m.name),
        ),
      ],
    }
  const diagnostics: Diagnostic[] = []
  if (!params.trainMlp) {
    const message = `“${title}” trains no MLP layers: adapters on attention alone learn clearly less.`
    const fix = settingFix(node.id, 'trainMlp', true)
    diagnostics.push(kindDiagnostic('KD2103', at('trainMlp'), message, { fix }))
  }
  const renderer = params.renderer === 'auto' ? offered.renderer : params.renderer
  // Without thinking is a choice within one format.
  if (plain(renderer) !== plain(offered.renderer)) diagnostics.push(otherFormat(ctx, renderer, offered.renderer))
  const { name, loraRank, seed, trainAttn, trainMlp, trainUnembed } = params
  const model = { node: node.id, name, loraRank, seed, trainAttn, trainMlp, trainUnembed }
  const policy = { label: title, model, source: { from: 'base' }, renderer, conditions: [], needs: [] } as const
  return { outputs: { policy: { type: 'policy', policy } }, diagnostics }
}

/** Whose control tokens a format needs; null where it is plain text. */
const MARKERS: Readonly<Record<string, string>> = { tunegraph: 'tunegraph', qwen3: 'ChatML', llama3: 'Llama 3' }

function plain(renderer: string): string {
  return renderer.replace(/_disable_thinking$/, '')
}

/** Another format is learned with some effort; one whose control tokens the model does not have cannot be written at all. */
function otherFormat({ params, node, title }: LowerCtx<ModelParams>, renderer: string, own: string): Diagnostic {
  const at: Locus = { on: 'field', node: node.id, field: 'renderer' }
  const fix = settingFix(node.id, 'renderer', 'auto')
  const [needs, has] = [MARKERS[plain(renderer)], MARKERS[plain(own)]]
  // Only the built-in models have their markers; others may have some besides those of their own format.
  if (needs !== undefined && needs !== has && (has !== undefined || needs === 'tunegraph')) {
    const message = `“${title}” cannot be written with ${renderer}: ${params.name} does not have its control tokens. Its own format is ${own}.`
    return kindDiagnostic('KD2104', at, message, { fix, severity: 'error' })
  }
  const message = `“${title}” is written with ${renderer}, but the format for ${params.name} is ${own}.`
  return kindDiagnostic('KD2104', at, message, { fix })
}

function notOffered(ctx: LowerCtx<ModelParams>, names: readonly string[]): Diagnostic {
  const { params, node } = ctx
  const at: Locus = { on: 'field', node: node.id, field: 'name' }
  const first = names[0]
  if (first === undefined)
    return kindDiagnostic('KD2102', at, `The backend offers no model, so ${params.name} cannot be trained.`)
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  const offered = `${names.slice(0, NAMES_SHOWN).join(', ')}${more}`
  const message = `The backend does not offer ${params.name}: connect to one that does, or use what it has: ${offered}.`
  const fix = settingFix(node.id, 'name', nearest(params.name, names))
  return kindDiagnostic('KD2102', at, message, { fix, data: { models: names } })
}

/** What the service announced in place of models that it withdrew. */
const FOLLOWED_BY: Readonly<Record<string, string>> = {
  'Qwen/Qwen3.5-27B': 'Qwen/Qwen3.6-27B',
  'Qwen/Qwen3.5-35B-A3B': 'Qwen/Qwen3.6-35B-A3B',
}

/** The announced successor, or else the name that begins most alike; the first of equals. */
function nearest(name: string, names: readonly string[]): string {
  const successor = Object.hasOwn(FOLLOWED_BY, name) ? FOLLOWED_BY[name]! : null
  if (successor !== null && names.includes(successor)) return successor
  return names.reduce((best, other) => (alike(name, other) > alike(name, best) ? other : best))
}

/** Characters that two names have in common from their beginning. */
function alike(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
