/**
 * A JSON array of objects, objects separated by commas, or objects one after another. Elements are cut out by a scan of
 * brackets and strings and parsed one by one, so that a broken row has a line and does not take the others with it.
 */
import type { Row } from '../rows.ts'
import type { RowReport } from '../rowReport.ts'
import { readJsonObject } from './jsonObject.ts'

export function readJson(text: string, report: RowReport): { rows: Row[]; total: number } {
  const rows: Row[] = []
  const lineAt = lineCounter(text)
  let total = 0
  let at = firstElement(text)
  while (at < text.length) {
    const c = text[at]!
    if (c <= ' ' || c === ',' || c === ']') {
      at++
      continue
    }
    total++
    const line = lineAt(at)
    const end = elementEnd(text, at)
    const row = readJsonObject(text.slice(at, end ?? text.length), line, report)
    if (row) rows.push(row)
    // What follows a broken element cannot be told from its inside by brackets; the next one of its indentation can.
    const sound = row !== null || (end !== null && isJson(text.slice(at, end)))
    at = sound ? end! : nextAtIndentation(text, at)
  }
  return { rows, total }
}

/** Offset behind the opening bracket of the array, or of the first value when there is none. */
function firstElement(text: string): number {
  let at = 0
  while (at < text.length && text[at]! <= ' ') at++
  return text[at] === '[' ? at + 1 : at
}

/** Offset just behind the value that begins at `start`; null when it never ends. */
function elementEnd(text: string, start: number): number | null {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const c = text[i]!
    if (c === '"') {
      const close = stringEnd(text, i)
      if (close === null) return null
      i = close
      if (depth === 0) return i + 1
    } else if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') {
      if (depth === 0) return Math.max(i, start + 1)
      if (--depth === 0) return i + 1
    } else if (depth === 0 && (c === ',' || c <= ' ')) return i
  }
  return depth === 0 ? text.length : null
}

/** Offset of the closing quote; strings of JSON never span lines. */
function stringEnd(text: string, open: number): number | null {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
    else if (text[i] === '\n') return null
  }
  return null
}

function nextAtIndentation(text: string, start: number): number {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const indentation = start - lineStart
  for (let at = text.indexOf('\n', start); at !== -1; at = text.indexOf('\n', at + 1)) {
    let i = at + 1
    while (text[i] === ' ' || text[i] === '\t') i++
    if (text[i] === '{' && i - at - 1 <= indentation) return i
  }
  return text.length
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Line of an offset; offsets must rise from call to call. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let at = 0
  return (offset) => {
    for (; at < offset; at++) if (text.charCodeAt(at) === 10) line++
    return line
  }
}
