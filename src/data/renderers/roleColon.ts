/** Plain text for base models: `Role: content` and an empty line; the next `User:` ends an answer. */
import { ok } from '../../base/result.ts'
import { cutAtEnd, renderer } from './compose.ts'
import type { RendererFactory } from './renderer.ts'

const STOP = '\n\nUser:'

export const roleColon: RendererFactory = (tokenizer) =>
  ok(
    renderer({
      name: 'role_colon',
      stop: [STOP],
      begin: tokenizer.bosId === null ? [] : [tokenizer.bosId],
      render: ({ role, content }) => ({
        header: tokenizer.encode(`${role[0]!.toUpperCase()}${role.slice(1)}:`),
        output: tokenizer.encode(` ${content}\n\n`),
      }),
      generationSuffix: () => tokenizer.encode('Assistant:'),
      stopOverlap: tokenizer.encode('User:'),
      parse(tokens) {
        // The stop is text: it may begin and end inside tokens, so it is looked for in the decoded answer.
        const { body, clean: ended } = cutAtEnd(tokens, [tokenizer.eosId])
        const [content = '', ...rest] = tokenizer.decode(body).split(STOP)
        const clean = rest.length === 1 ? body.length === tokens.length : rest.length === 0 && ended
        return { content: content.trim(), reasoning: '', clean }
      },
    }),
  )
