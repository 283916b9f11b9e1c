/** Model, renderer and adapter against each other. Sources: recipes §7.2, §8 V23, V25, V44, V70, V71, V73; features 1.5, 5.18. */
import { paramsPerRank } from '../../ir/adapterSize.ts'
import { compilerDiagnostic } from '../codes.ts'
import { perBound } from '../passes/stageRows.ts'
import { hasOwnRenderer } from './lineup.ts'
import { field, setting, times } from './rule.ts'
import type { RlRule, SftRule, TrainRule } from './rule.ts'

const CHAT_ROWS = 10_000
const THINKING_TOKENS = 4096
const HUGE_MODEL = 200
const HUGE_RANK = 128
const SMALL_RANK = 4
const LITTLE_RANK = 8
/** Share of rows whose own answer may be longer than sampling allows. */
const CUT_SHARE = 0.05
/** An adapter stores about two bits per parameter. */
const BITS = 2

/** Markers that a base model hardly knows take many rows to learn, and RL alone never shows it one. V23. */
export const chatMarkersOnBase: TrainRule = ({ stage, known, estimate }) => {
  if (known?.type !== 'base' || stage.start.from !== 'base' || !estimate) return []
  if (stage.renderer === 'role_colon' || (stage.mode === 'sft' && estimate.rows >= CHAT_ROWS)) return []
  const { node, name } = stage.model
  const why =
    stage.mode === 'sft'
      ? `${times(estimate.rows, 'row')} are few to teach it the markers of ${stage.renderer}`
      : `RL without SFT before it hardly teaches it the markers of ${stage.renderer}`
  const message = `${name} is a base model: ${why}. role_colon needs none.`
  const fix = setting(node, 'renderer', 'role_colon')
  return [compilerDiagnostic('CM3751', field(node, 'renderer'), message, { fix })]
}

/** A chat model in plain lines, because no renderer writes its own format; where one does, the model's node says so. V25. */
export const foreignFormat: TrainRule = ({ stage, known }) => {
  if (!known || known.type === 'base' || stage.renderer !== 'role_colon') return []
  const { node, name } = stage.model
  if (hasOwnRenderer(name)) return []
  const message = `${name} was made with a chat format that is not offered here; in role_colon it learns another one and answers worse at first.`
  return [compilerDiagnostic('CM3756', field(node, 'renderer'), message)]
}

/** Servers do not say which models will go; the service announced it. */
export const retiringModel: TrainRule = ({ stage, known }) => {
  if (!known?.retires) return []
  const { node, name } = stage.model
  const { on, use } = known.retires
  const message = `The end of ${name} was announced for ${on}: what is trained on it cannot be gone on with later. ${use} is of the same size.`
  return [compilerDiagnostic('CM3758', field(node, 'name'), message, { fix: setting(node, 'name', use) })]
}

export const hugeRank: TrainRule = ({ stage, known }) => {
  if (!known || stage.model.loraRank <= HUGE_RANK) return []
  const { node, name, loraRank } = stage.model
  const message =
    known.billions > HUGE_MODEL
      ? `Rank ${loraRank} on ${known.billions}B parameters makes very large checkpoints; 32 is usual at this size.`
      : `Rank ${loraRank} takes memory and storage for little gain on ${name}; 32 to 128 are usual.`
  const fix = setting(node, 'loraRank', known.billions > HUGE_MODEL ? 32 : HUGE_RANK)
  return [compilerDiagnostic('CM3753', field(node, 'loraRank'), message, { fix })]
}

/** The largest models do well with very small adapters, and so does RL; SFT of others wants room. */
export const littleRank: SftRule = (view) => {
  const { stage, known } = view
  if (!known || known.billions > HUGE_MODEL || stage.model.loraRank >= LITTLE_RANK) return []
  // Whoever knows how much the rows hold has told it better.
  if (smallRank(view).length > 0) return []
  const { node, loraRank } = stage.model
  const message = `An adapter of rank ${loraRank} holds little of what “${stage.title}” teaches; 16 to 32 suit small sets, 64 and more large ones.`
  return [compilerDiagnostic('CM3759', field(node, 'loraRank'), message, { fix: setting(node, 'loraRank', 32) })]
}

export const smallRank: SftRule = ({ stage, known, rows, estimate }) => {
  if (!known || stage.model.loraRank > SMALL_RANK || !rows?.tokens || !estimate) return []
  const perRank = paramsPerRank(stage.model.name)
  if (perRank === null) return []
  const { prompt, completion } = rows.tokens
  const all = stage.sft.trainOnWhat === 'all_tokens'
  const learned = completion.reduce((total, n, i) => total + n + (all ? prompt[i]! : 0), 0)
  const holds = stage.model.loraRank * perRank * BITS
  if (learned <= holds) return []
  const message = `An adapter of rank ${stage.model.loraRank} holds about ${times(Math.round(holds), 'bit')}, the ${all ? 'rows' : 'answers'} bring ${times(learned, 'token')}: a higher rank learns more of them.`
  return [
    compilerDiagnostic('CM3754', field(stage.model.node, 'loraRank'), message, {
      fix: setting(stage.model.node, 'loraRank', 32),
    }),
  ]
}

/** Where the rows' own answers would be cut, right ones will be, too. V44. */
export const cutAnswers: RlRule = ({ stage, rows }) => {
  if (!rows?.tokens) return []
  const { maxTokens } = stage.rl.sampling
  const longer = answersBeyond(rows.tokens, maxTokens)
  const answers = answersBeyond(rows.tokens, 0)
  if (longer <= CUT_SHARE * answers) return []
  const enough = answerWithin(rows.tokens, 1 - CUT_SHARE)
  const message = `${times(longer, 'row')} of ${answers.toLocaleString('en')} have an answer of more than ${times(maxTokens, 'token')}, where “${stage.title}” cuts: what is right cannot be said to its end.`
  const fits = enough + longestPrompt(rows.tokens, 0) < stage.hyperparameters.maxSequenceLength
  const fix = fits ? { fix: setting(stage.node, 'maxTokens', enough) } : {}
  return [compilerDiagnostic('CM3757', field(stage.node, 'maxTokens'), message, fix)]
}

const answersBeyond = perBound(({ completion }, bound) => completion.filter((tokens) => tokens > bound).length)

/** Tokens that this share of the answers does not exceed. */
const answerWithin = perBound(({ completion }, share) => {
  const sorted = completion.filter((tokens) => tokens > 0).toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
})

export const shortThoughts: RlRule = ({ stage, known, rows }) => {
  if (!known || known.type === 'base' || known.type === 'instruct') return []
  if (/disable_thinking|no_sysprompt|role_colon/.test(stage.renderer) && known.type === 'hybrid') return []
  if (stage.rl.sampling.maxTokens >= THINKING_TOKENS) return []
  const message = `${stage.model.name} thinks before it answers: ${times(stage.rl.sampling.maxTokens, 'token')} cut most answers short. ${times(THINKING_TOKENS, 'token')} and more leave room.`
  const prompt = rows?.tokens ? longestPrompt(rows.tokens, 0) : 0
  const fits = prompt + THINKING_TOKENS < stage.hyperparameters.maxSequenceLength
  const fix = fits ? { fix: setting(stage.node, 'maxTokens', THINKING_TOKENS) } : {}
  return [compilerDiagnostic('CM3755', field(stage.node, 'maxTokens'), message, fix)]
}

const longestPrompt = perBound(({ prompt }) => prompt.reduce((most, tokens) => Math.max(most, tokens), 0))
