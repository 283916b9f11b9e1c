/** What a telemetry report consists of. Names are the wire's own. Source: protocol reference §2.8. */
import { errorClassOf, isUserError } from '../errors.ts'
import { failureOf } from '../failure.ts'
import { freshUuid } from '../transport/headers.ts'

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL'

type Common = {
  readonly event_id: string
  readonly event_session_index: number
  readonly severity: Severity
  /** ISO 8601 in UTC. */
  readonly timestamp: string
}

export type TelemetryEvent = Common &
  (
    | { readonly event: 'SESSION_START' }
    | { readonly event: 'SESSION_END'; readonly duration: string }
    | {
        readonly event: 'UNHANDLED_EXCEPTION'
        readonly error_type: string
        readonly error_message: string
        readonly traceback?: string
      }
    | {
        readonly event: 'GENERIC_EVENT'
        readonly event_name: string
        readonly event_data: Readonly<Record<string, unknown>>
      }
  )

/** What is particular to an event; index, id and time are the reporter's. */
export type EventContent =
  | { readonly event: 'SESSION_START' }
  | { readonly event: 'SESSION_END'; readonly duration: string }
  | {
      readonly event: 'UNHANDLED_EXCEPTION'
      readonly error_type: string
      readonly error_message: string
      readonly traceback?: string
    }
  | {
      readonly event: 'GENERIC_EVENT'
      readonly event_name: string
      readonly event_data: Readonly<Record<string, unknown>>
    }

export function telemetryEvent(
  content: EventContent,
  index: number,
  severity: Severity,
  now: Date = new Date(),
  id: string = freshUuid(),
): TelemetryEvent {
  return { ...content, event_id: id, event_session_index: index, severity, timestamp: now.toISOString() }
}

/** An error as an event: one that its user can mend is a warning, anything else an exception. */
export function errorContent(error: unknown, severity: Severity = 'ERROR'): readonly [EventContent, Severity] {
  const failure = failureOf(error)
  const named = error instanceof Error ? error : new Error(String(error))
  const type = failure === undefined ? named.name : errorClassOf(failure)
  if (!isUserError(error)) {
    const stack = named.stack === undefined ? {} : { traceback: named.stack }
    return [{ event: 'UNHANDLED_EXCEPTION', error_type: type, error_message: named.message, ...stack }, severity]
  }
  const data: Record<string, unknown> = { error_type: type, message: named.message }
  if (failure?.status !== undefined) data['status_code'] = failure.status
  if (failure?.serverSays !== undefined) data['body'] = failure.serverSays
  return [{ event: 'GENERIC_EVENT', event_name: 'user_error', event_data: data }, 'WARNING']
}

/** `[D day[s], ]H:MM:SS[.ffffff]`, as Python prints a time span. */
export function durationText(ms: number): string {
  const micros = Math.round(ms * 1000)
  const whole = Math.floor(micros / 1e6)
  const days = Math.floor(whole / 86_400)
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = `${Math.floor((whole % 86_400) / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  const fraction = micros % 1e6 === 0 ? '' : `.${String(micros % 1e6).padStart(6, '0')}`
  return `${days === 0 ? '' : `${days} day${days === 1 ? '' : 's'}, `}${clock}${fraction}`
}
