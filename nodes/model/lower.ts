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
  const advise = (
    code: 'KD2103' | 'KD2104',
    field: keyof ModelParams,
    message: string,
    value: boolean | string,
  ): void => {
    const fix = settingFix(node.id, field, value)
    diagnostics.push(kindDiagnostic(code, at(field), message, { fix }))
  }
  if (!params.trainMlp) {
    advise(
      'KD2103',
      'trainMlp',
      `“${title}” trains no MLP layers: adapters on attention alone learn clearly less.`,
      true,
    )
  }
  const renderer = params.renderer === 'auto' ? offered.renderer : params.renderer
  // Without thinking is a choice within one format.
  if (renderer.replace(/_disable_thinking$/, '') !== offered.renderer.replace(/_disable_thinking$/, '')) {
    advise(
      'KD2104',
      'renderer',
      `“${title}” is written with ${renderer}, but ${params.name} was made with ${offered.renderer}.`,
      'auto',
    )
  }
  const { name, loraRank, seed, trainAttn, trainMlp, trainUnembed } = params
  const model = { node: node.id, name, loraRank, seed, trainAttn, trainMlp, trainUnembed }
  const policy = { label: title, model, source: { from: 'base' }, renderer, conditions: [], needs: [] } as const
  return { outputs: { policy: { type: 'policy', policy } }, diagnostics }
}

function notOffered(ctx: LowerCtx<ModelParams>, names: readonly string[]): Diagnostic {
  const { params, node } = ctx
  const at: Locus = { on: 'field', node: node.id, field: 'name' }
  const first = names[0]
  if (first === undefined)
    return kindDiagnostic('KD2102', at, `The backend offers no model, so ${params.name} cannot be trained.`)
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  const message = `The backend does not offer ${params.name}. It offers ${names.slice(0, NAMES_SHOWN).join(', ')}${more}.`
  const fix = settingFix(node.id, 'name', first)
  return kindDiagnostic('KD2102', at, message, { fix, data: { models: names } })
}
