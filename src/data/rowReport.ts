/** Collects problems of rows; a file with a million broken rows must not become a million diagnostics. */
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import { diagnoseData } from './codes.ts'
import type { DATA_CODES } from './codes.ts'

/** Kept per code; the rest is counted in one closing DA8007. */
const KEPT_PER_CODE = 100

export type RowReport = {
  add(code: keyof typeof DATA_CODES, line: number, message: string): void
  diagnostics(): readonly Diagnostic[]
}

/** @param source what people know the file as; it becomes the place of every diagnostic */
export function rowReport(source: string): RowReport {
  const kept: Diagnostic[] = []
  const counts = new Map<keyof typeof DATA_CODES, { count: number; firstLeftOut: number }>()
  const at = (line: number): Locus => ({ on: 'row', source, line })
  return {
    add(code, line, message) {
      const entry = counts.get(code) ?? { count: 0, firstLeftOut: line }
      entry.count++
      if (entry.count <= KEPT_PER_CODE) kept.push(diagnoseData(code, at(line), message))
      else if (entry.count === KEPT_PER_CODE + 1) entry.firstLeftOut = line
      counts.set(code, entry)
    },
    diagnostics() {
      const more = [...counts].filter(([, entry]) => entry.count > KEPT_PER_CODE)
      return [
        ...kept,
        ...more.map(([code, { count, firstLeftOut }]) =>
          diagnoseData(
            'DA8007',
            at(firstLeftOut),
            `${count - KEPT_PER_CODE} more rows from line ${firstLeftOut} on have the problem ${code}.`,
            { data: { code, count: count - KEPT_PER_CODE } },
          ),
        ),
      ]
    },
  }
}
