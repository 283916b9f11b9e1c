/** Diagnostic codes of the client. Permanent: never reused, never removed. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const CODES = {
  TK4001: { severity: 'info', title: 'Cancelled', help: 'cancelled' },
  TK4002: { severity: 'error', title: 'No answer from the server', help: 'unreachable' },
  TK4003: { severity: 'error', title: 'Took too long', help: 'timeout' },
  TK4004: { severity: 'error', title: 'Key not accepted', help: 'key' },
  TK4005: { severity: 'error', title: 'Request refused', help: 'refused' },
  TK4006: { severity: 'error', title: 'Rate limited', help: 'rate-limit' },
  TK4007: { severity: 'error', title: 'Answer not understood', help: 'malformed' },
  TK4008: { severity: 'error', title: 'Gone on the server', help: 'expired' },
  TK4009: { severity: 'error', title: 'Server in trouble', help: 'unavailable' },
  TK4010: { severity: 'error', title: 'Operation failed', help: 'failed-operation' },
  TK4011: { severity: 'error', title: 'Billing pause', help: 'billing' },
  TK4012: { severity: 'error', title: 'Not found', help: 'not-found' },
  TK4013: { severity: 'error', title: 'Conflict', help: 'conflict' },
  TK4014: { severity: 'warning', title: 'Not offered by this server', help: 'unsupported' },
  TK4020: { severity: 'error', title: 'Blocked by the browser (CORS)', help: 'cors' },
  TK4021: { severity: 'error', title: 'Not a Tinker server', help: 'not-tinker' },
  TK4030: { severity: 'error', title: 'Download interrupted', help: 'archives' },
  TK4031: { severity: 'error', title: 'Download refused', help: 'archives' },
  TK4032: { severity: 'error', title: 'File changed on the host', help: 'archives' },
  TK4033: { severity: 'error', title: 'Archive damaged', help: 'archives' },
  TK4034: { severity: 'error', title: 'Archive not safe', help: 'archives' },
  TK4035: { severity: 'error', title: 'Archive too large', help: 'archives' },
  TK4036: { severity: 'error', title: 'Files cannot be written', help: 'archives' },
  TK4037: { severity: 'error', title: 'Cannot be downloaded from here', help: 'archives' },
  TK4040: { severity: 'error', title: 'Hub gives no answer', help: 'hub' },
  TK4041: { severity: 'error', title: 'Hub token not accepted', help: 'hub' },
  TK4042: { severity: 'error', title: 'Hub refuses', help: 'hub' },
  TK4043: { severity: 'error', title: 'Repository changed meanwhile', help: 'hub' },
  TK4044: { severity: 'error', title: 'Hub in trouble', help: 'hub' },
  TK4045: { severity: 'error', title: 'Hub not understood', help: 'hub' },
  TK4046: { severity: 'error', title: 'Not an adapter', help: 'hub' },
  TK4047: { severity: 'error', title: 'Repository holds another checkpoint', help: 'hub' },
} as const satisfies CodeTable

export type TinkerCode = keyof typeof CODES

export const diagnose = /* @__PURE__ */ diagnoser(CODES)
