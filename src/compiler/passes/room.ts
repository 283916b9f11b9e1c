/** Data-aware checks about length: what is cut, what leaves no room for an answer, what the model cannot read at all. */
import type { Diagnostic, Fix, Locus } from '../../base/diagnostic.ts'
import type { PipelineConfig, RlStage, SftStage } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { learnsFromEvery } from './rows.ts'
import { firstAnswers, perBound } from './stageRows.ts'
import type { StageRows } from './stageRows.ts'

/** Cutting up to this share of rows is only worth an information. */
const NOTABLE_SHARE = 0.05
/** Above this share of rows without a token to learn, the data and the length do not belong together. */
const HOPELESS_SHARE = 0.2

export function roomProblems(stage: PipelineConfig, rows: StageRows): Diagnostic[] {
  if (stage.mode === 'sft') return [...beyondContext(stage, rows), ...cutRows(stage, rows)]
  if (stage.mode === 'rl') return [...beyondContext(stage, rows), ...answerRoom(stage, rows)]
  return evaluationRoom(stage.evaluation.sampling.maxTokens, stage, rows)
}

function beyondContext(stage: SftStage | RlStage, { maxContext }: StageRows): Diagnostic[] {
  const longest = stage.hyperparameters.maxSequenceLength
  if (maxContext === null || longest <= maxContext) return []
  const message = `“${stage.title}” allows sequences of ${longest} tokens, but ${stage.model.name} reads at most ${maxContext}.`
  return [
    compilerDiagnostic('CM3406', field(stage, 'maxSequenceLength'), message, {
      fix: setting(stage, 'maxSequenceLength', maxContext),
    }),
  ]
}

const rowsBeyond = perBound(
  ({ prompt, completion }, longest) => prompt.filter((tokens, i) => tokens + completion[i]! > longest).length,
)

const promptsBeyond = perBound(({ prompt }, longest) => prompt.filter((tokens) => tokens > longest).length)

const longestPrompt = perBound(({ prompt }) => prompt.reduce((most, n) => Math.max(most, n), 0))

const longestRow = perBound(({ prompt, completion }) =>
  prompt.reduce((most, n, i) => Math.max(most, n + completion[i]!), 0),
)

/** Rows with an answer, of which the cut leaves nothing. */
const lastAnswersLost = perBound(
  ({ prompt, completion }, longest) => prompt.filter((tokens, i) => completion[i]! > 0 && tokens >= longest).length,
)

const everyAnswerLost = perBound((tokens, longest) => firstAnswers(tokens).filter((start) => start >= longest).length)

function cutRows(stage: SftStage, { tokens, maxContext }: StageRows): Diagnostic[] {
  if (!tokens) return []
  const longest = stage.hyperparameters.maxSequenceLength
  const total = tokens.prompt.length
  const cut = rowsBeyond(tokens, longest)
  if (cut === 0) return []
  const found: Diagnostic[] = []
  const severity = cut / total > NOTABLE_SHARE ? 'warning' : 'info'
  const message = `${cut} of ${total} rows are longer than ${longest} tokens and are cut at the end.`
  const whole = longestRow(tokens, 0)
  const fix = maxContext !== null && whole <= maxContext ? { fix: setting(stage, 'maxSequenceLength', whole) } : {}
  found.push(
    compilerDiagnostic('CM3404', field(stage, 'maxSequenceLength'), message, {
      severity,
      ...fix,
      data: { cut, total },
    }),
  )
  if (stage.sft.trainOnWhat === 'all_tokens') return found
  const emptied = (learnsFromEvery(stage) ? everyAnswerLost : lastAnswersLost)(tokens, longest)
  if (emptied > 0) {
    const lost = `${emptied} of ${total} rows lose their whole answer when cut at ${longest} tokens and are left out.`
    found.push(
      compilerDiagnostic('CM3405', field(stage, 'maxSequenceLength'), lost, {
        severity: emptied / total > HOPELESS_SHARE ? 'error' : 'warning',
        ...fix,
        data: { emptied, total },
      }),
    )
  }
  return found
}

function answerRoom(stage: RlStage, { rows, tokens, maxContext }: StageRows): Diagnostic[] {
  const { maxTokens } = stage.rl.sampling
  const longest = stage.hyperparameters.maxSequenceLength
  if (maxTokens >= longest) {
    const message = `Answers of up to ${maxTokens} tokens leave no room for a prompt within ${longest} tokens.`
    const fix = setting(stage, 'maxTokens', Math.max(1, Math.floor(longest / 2)))
    return [compilerDiagnostic('CM3407', field(stage, 'maxTokens'), message, { fix })]
  }
  const leftOut = tokens ? promptsBeyond(tokens, longest - maxTokens) : 0
  if (leftOut === 0) return []
  const message = `${leftOut} of ${rows} prompts are left out: with an answer of ${maxTokens} tokens they pass ${longest}.`
  const mend = roomForAll(maxTokens, longest, tokens ? longestPrompt(tokens, 0) : 0, maxContext)
  const fix = mend ? { fix: setting(stage, ...mend) } : {}
  return [compilerDiagnostic('CM3408', field(stage, 'maxTokens'), message, { ...fix, data: { leftOut, rows } })]
}

/** Longer sequences where the model reads them; else shorter answers, as long as they keep half of their length. */
function roomForAll(
  maxTokens: number,
  longest: number,
  prompt: number,
  maxContext: number | null,
): readonly [field: string, value: number] | null {
  if (maxContext !== null && prompt + maxTokens <= maxContext) return ['maxSequenceLength', prompt + maxTokens]
  const shorter = longest - prompt
  return shorter >= maxTokens / 2 ? ['maxTokens', shorter] : null
}

/** Each model reads the same rows in its own tokens; the one with the least room decides. */
function evaluationRoom(maxTokens: number, stage: PipelineConfig, rows: StageRows): Diagnostic[] {
  let tightest = rows
  for (const other of rows.others) if (roomLeft(other) < roomLeft(tightest)) tightest = other
  const { tokens, maxContext, model } = tightest
  if (maxContext === null) return []
  const longest = tokens ? longestPrompt(tokens, 0) : 0
  if (longest + maxTokens <= maxContext && maxTokens < maxContext) return []
  const prompt = longest > 0 ? `a prompt of ${longest} tokens and ` : ''
  const message = `“${stage.title}” asks for ${prompt}answers of ${maxTokens} tokens, but ${model} reads at most ${maxContext} together.`
  const fits = maxContext - longest
  const value = longest > 0 ? fits : Math.floor(maxContext / 2)
  const fix = value >= 1 ? { fix: setting(stage, 'maxTokens', value) } : {}
  return [compilerDiagnostic('CM3407', field(stage, 'maxTokens'), message, fix)]
}

function roomLeft({ tokens, maxContext }: StageRows): number {
  return maxContext === null ? Infinity : maxContext - (tokens ? longestPrompt(tokens, 0) : 0)
}

/** Stages keep their node's param names, so a stage can point at the field that it came from. */
function field(stage: PipelineConfig, name: string): Locus {
  return { on: 'field', node: stage.node, field: name }
}

function setting(stage: PipelineConfig, name: string, value: number): Fix {
  return { title: `Use ${value}`, command: 'node.setParams', args: { node: stage.node, field: name, value } }
}
