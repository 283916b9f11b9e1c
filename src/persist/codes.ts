/** Codes of storage problems (PS6xxx). Permanent: never reused, never removed. */
import { diagnoser } from '../base/diagnostic.ts'

export const PERSIST_CODES = {
  PS6001: { severity: 'error', title: 'Disk full', help: 'disk-full' },
  PS6002: { severity: 'error', title: 'An older tab blocks the storage', help: 'storage-blocked' },
  PS6003: { severity: 'error', title: 'Storage is newer than this page', help: 'storage-newer' },
  PS6004: { severity: 'error', title: 'Storage failed', help: 'storage-failed' },
  PS6005: { severity: 'error', title: 'No storage', help: 'storage-missing' },
  PS6006: { severity: 'error', title: 'Run written by two', help: 'run-two-writers' },
  PS6007: { severity: 'error', title: 'Stored record missing', help: 'storage-record-missing' },
  PS6008: { severity: 'error', title: 'Wrong passphrase', help: 'key-passphrase' },
  PS6009: { severity: 'error', title: 'No stored key', help: 'key-missing' },
  PS6010: { severity: 'warning', title: 'File of the document missing', help: 'asset-missing' },
  PS6011: { severity: 'error', title: 'Document changed elsewhere', help: 'document-changed-elsewhere' },
  PS6012: { severity: 'error', title: 'Keys need a secure page', help: 'key-secure-context' },
  PS6013: { severity: 'error', title: 'Document open elsewhere', help: 'document-open-elsewhere' },
} as const

export const diagnose = diagnoser(PERSIST_CODES)
