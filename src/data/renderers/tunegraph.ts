/** Format of the embedded models: `<|role|>` content `<|end|>`, nothing between. */
import { ok } from '../../base/result.ts'
import { cutAtEnd, renderer, requireMarkers } from './compose.ts'
import type { RendererFactory } from './renderer.ts'

const NAME = 'tunegraph'

export const tunegraph: RendererFactory = (tokenizer) => {
  const markers = requireMarkers(NAME, tokenizer, ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'])
  if (!markers.ok) return markers
  const { '<|end|>': end, ...roles } = markers.value
  return ok(
    renderer({
      name: NAME,
      stop: [end],
      begin: [],
      render: ({ role, content }) => ({ header: [roles[`<|${role}|>`]], output: [...tokenizer.encode(content), end] }),
      generationSuffix: () => [roles['<|assistant|>']],
      parse(tokens) {
        const { body, clean } = cutAtEnd(tokens, [end, tokenizer.eosId])
        return { content: tokenizer.decode(body), reasoning: '', clean }
      },
    }),
  )
}
