/** The client's events as lines of text, for a console or a file. */
import { withoutSecrets } from '../transport/redact.ts'
import type { ClientEvent, ClientEvents } from '../transport/events.ts'
import type { LogLevel } from './environment.ts'

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 }

export type EventLogOptions = {
  /** Default `info`. */
  readonly level?: LogLevel
  readonly write: (line: string, level: LogLevel) => void
}

/** Writes a line per event at or above the level; returns the way to stop. No line ever holds a credential. */
export function logEvents(events: ClientEvents, { level = 'info', write }: EventLogOptions): () => void {
  return events.on('*', (event) => {
    const [own, line] = lineOf(event)
    if (RANK[own] >= RANK[level]) write(withoutSecrets(line), own)
  })
}

function lineOf(event: ClientEvent): readonly [LogLevel, string] {
  switch (event.type) {
    case 'http:start':
      return ['debug', `→ ${event.method} ${event.path} (try ${event.attempt}) ${JSON.stringify(event.headers)}`]
    case 'http:stop':
      return [
        event.status >= 400 ? 'info' : 'debug',
        `← ${event.method} ${event.path} ${event.status} in ${Math.round(event.durationMs)} ms (try ${event.attempt})`,
      ]
    case 'http:error':
      return ['info', `← ${event.method} ${event.path} ${event.outcome}: ${event.message} (try ${event.attempt})`]
    case 'retry':
      return [
        'warning',
        `${event.failure.message}; again in ${(event.waitMs / 1000).toFixed(1)} s, for ${Math.round(event.leftMs / 1000)} s at most`,
      ]
    case 'failed':
      return [event.failure.kind === 'aborted' ? 'info' : 'error', event.failure.message]
    case 'queue':
      return ['warning', `${event.operation} is held back (${event.state}): ${event.reason}`]
    case 'session':
      return [
        event.change === 'unhealthy' || event.change === 'gone' ? 'warning' : 'info',
        `session ${event.id} ${event.change}${event.detail === undefined ? '' : `: ${event.detail}`}`,
      ]
    case 'token':
      return event.failure === undefined
        ? ['debug', 'the token was renewed']
        : ['warning', `the token could not be renewed: ${event.failure.message}`]
    case 'flags':
      return ['debug', `the server's flags are now ${JSON.stringify(event.flags)}`]
    case 'sampling':
      return [
        'info',
        `${event.inFlight} samples under way, ${event.finished} finished, the last ${Math.round(event.silentMs / 1000)} s ago`,
      ]
  }
}
