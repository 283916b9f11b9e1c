/** What the rows themselves say. Sources: recipes §8 V18, V20–V22, V29, V31. */
import { compilerDiagnostic } from '../codes.ts'
import { field, setting, times } from './rule.ts'
import type { SftRule, TrainRule } from './rule.ts'

/** Share of rows from which repeats weigh. */
const REPEATS = 0.05

export const repeatedRows: TrainRule = ({ sets }) =>
  sets.flatMap(([{ node }, { usable }, { repeats }]) => {
    if (repeats <= REPEATS * usable) return []
    const message = `${times(repeats, 'row')} of ${usable.toLocaleString('en')} repeat another one word for word and count so much more.`
    return [compilerDiagnostic('CM3741', { on: 'node', node }, message, { data: { repeats, usable } })]
  })

/** Text that reads as a marker is turned into a real one by the tokenizer: a forged turn. */
export const markersInText: TrainRule = ({ sets }) =>
  sets.flatMap(([{ node }, , { markers }]) => {
    if (!markers) return []
    const message = `${times(markers.rows, 'row')} hold the marker ${markers.example} as text, first in line ${markers.line}: it would read as the end or start of a turn.`
    return [compilerDiagnostic('CM3743', { on: 'node', node }, message, { data: { ...markers } })]
  })

/** Turns that do not alternate, or say nothing, are written in a way that no model was made with. V29. */
export const oddTurns: TrainRule = ({ sets }) =>
  sets.flatMap(([{ node }, , { odd }]) => {
    if (!odd) return []
    const message = `${times(odd.rows, 'row')} ${odd.rows === 1 ? 'has' : 'have'} turns that chat formats are not made for, first in line ${odd.line}: ${odd.what}.`
    return [compilerDiagnostic('CM3747', { on: 'node', node }, message, { data: { ...odd } })]
  })

export const thinkingThrownAway: SftRule = ({ stage, sets }) => {
  if (!stage.renderer.endsWith('disable_thinking')) return []
  return sets.flatMap(([{ node }, , { thinking }]) => {
    if (thinking === 0) return []
    const message = `${times(thinking, 'answer')} think aloud (<think>), but ${stage.renderer} tells the model not to.`
    const fix = setting(stage.model.node, 'renderer', stage.renderer.replace(/_disable_thinking$/, ''))
    const related = [{ on: 'node', node } as const]
    return [compilerDiagnostic('CM3744', field(stage.model.node, 'renderer'), message, { fix, related })]
  })
}

export const emptyThoughts: SftRule = ({ stage, sets }) => {
  if (stage.renderer !== 'qwen3') return []
  if (sets.length === 0 || sets.some(([, , { thinking }]) => thinking > 0)) return []
  const message = `No answer of “${stage.title}” thinks aloud, so ${stage.model.name} learns to skip its reasoning. Without thinking is what these rows teach.`
  const fix = setting(stage.model.node, 'renderer', 'qwen3_disable_thinking')
  return [compilerDiagnostic('CM3745', field(stage.model.node, 'renderer'), message, { fix })]
}

/** Formats in which a longer conversation does not begin with the shorter one: only the last answer has a think block. */
const CHANGES_ITS_PAST: ReadonlySet<string> = new Set(['qwen3', 'qwen3_disable_thinking'])

/** Earlier answers are then trained in a context that sampling never shows. */
export const earlierAnswers: SftRule = ({ stage, sets }) => {
  if (stage.sft.trainOnWhat !== 'all_assistant_messages') return []
  if (!CHANGES_ITS_PAST.has(stage.renderer)) return []
  return sets.flatMap(([, , { multiTurn }]) => {
    if (multiTurn === 0) return []
    const message = `${times(multiTurn, 'row')} have several answers; ${stage.renderer} shows earlier ones differently in training than in sampling. Learn from the last one.`
    const fix = setting(stage.node, 'trainOnWhat', 'last_assistant_message')
    return [compilerDiagnostic('CM3746', field(stage.node, 'trainOnWhat'), message, { fix })]
  })
}
