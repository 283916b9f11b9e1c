/** Llama 3 Instruct: role in header markers, `<|eot_id|>` after each message; no date preamble. */
import { ok } from '../../base/result.ts'
import { cutAtEnd, renderer, requireMarkers } from './compose.ts'
import type { RendererFactory } from './renderer.ts'

const NAME = 'llama3'

export const llama3: RendererFactory = (tokenizer) => {
  const names = ['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'] as const
  const markers = requireMarkers(NAME, tokenizer, names)
  if (!markers.ok) return markers
  const { '<|begin_of_text|>': begin, '<|start_header_id|>': open, '<|end_header_id|>': close } = markers.value
  const end = markers.value['<|eot_id|>']
  const header = (role: string): number[] => [open, ...tokenizer.encode(role), close, ...tokenizer.encode('\n\n')]
  return ok(
    renderer({
      name: NAME,
      stop: [end],
      begin: [begin],
      render: ({ role, content }) => ({ header: header(role), output: [...tokenizer.encode(content), end] }),
      generationSuffix: () => header('assistant'),
      parse(tokens) {
        const { body, clean } = cutAtEnd(tokens, [end, tokenizer.eosId])
        return { content: tokenizer.decode(body), reasoning: '', clean }
      },
    }),
  )
}
