/** Renderers by the names that recipes and servers use. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { err } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { diagnoseData } from '../codes.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { llama3 } from './llama3.ts'
import { qwen3, qwen3DisableThinking } from './qwen3.ts'
import type { Renderer, RendererFactory } from './renderer.ts'
import { roleColon } from './roleColon.ts'
import { tunegraph } from './tunegraph.ts'

export const RENDERERS: ReadonlyMap<string, RendererFactory> = new Map([
  ['tunegraph', tunegraph],
  ['role_colon', roleColon],
  ['qwen3', qwen3],
  ['qwen3_disable_thinking', qwen3DisableThinking],
  ['llama3', llama3],
])

export function createRenderer(name: string, tokenizer: Tokenizer): Result<Renderer, Diagnostic> {
  const factory = RENDERERS.get(name)
  if (factory) return factory(tokenizer)
  const known = [...RENDERERS.keys()].join(', ')
  return err(diagnoseData('DA8021', { on: 'document' }, `There is no renderer called "${name}"; known are ${known}.`))
}
