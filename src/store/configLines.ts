/** A stage or decision of a plan as lines of JSON, each value with the place on the canvas that it comes from. Pure. */
import type { Decision, PipelineConfig } from '../ir/pipelineConfig.ts'
import { placeIn } from '../ir/provenance.ts'
import type { Place } from '../ir/provenance.ts'

export type ConfigLine = {
  readonly depth: number
  /** The key with its colon, empty in lists. */
  readonly name: string
  /** A value, or the bracket that opens or closes a record or list. */
  readonly text: string
  /** Null for brackets: they stand for all values between them. */
  readonly place: Place | null
}

/** Joined by line feeds they are the JSON of the item, indented by two. */
export function configLines(item: PipelineConfig | Decision): readonly ConfigLine[] {
  const lines: ConfigLine[] = []
  const write = (value: unknown, path: readonly string[], name: string, end: string): void => {
    const depth = path.length
    if (typeof value !== 'object' || value === null || isEmpty(value)) {
      lines.push({ depth, name, text: `${JSON.stringify(value)}${end}`, place: placeIn(item, path) })
      return
    }
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
    lines.push({ depth, name, text: open, place: null })
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    for (const [i, [key, member]] of members.entries()) {
      const comma = i < members.length - 1 ? ',' : ''
      write(member, [...path, key], Array.isArray(value) ? '' : `${JSON.stringify(key)}: `, comma)
    }
    lines.push({ depth, name: '', text: `${close}${end}`, place: null })
  }
  write(item, [], '', '')
  return lines
}

export function configText(lines: readonly ConfigLine[]): string {
  return lines.map(({ depth, name, text }) => `${'  '.repeat(depth)}${name}${text}`).join('\n')
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}
