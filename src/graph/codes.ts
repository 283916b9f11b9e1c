/** Diagnostics of the document: reading files, wiring, copying. */
import { diagnoser } from '../base/diagnostic.ts'

export const graphCodes = {
  GR1001: { severity: 'error', title: 'Not JSON', help: 'files' },
  GR1002: { severity: 'error', title: 'Not a Tunegraph file', help: 'files' },
  GR1003: { severity: 'warning', title: 'File of a newer version', help: 'files' },
  GR1004: { severity: 'error', title: 'File cannot be brought up to date', help: 'files' },
  GR1005: { severity: 'warning', title: 'Node left out', help: 'files' },
  GR1006: { severity: 'warning', title: 'Value repaired', help: 'files' },
  GR1007: { severity: 'warning', title: 'Id repaired', help: 'files' },
  GR1008: { severity: 'warning', title: 'Wire left out', help: 'files' },
  GR1009: { severity: 'warning', title: 'File in the document repaired', help: 'files' },
  GR1010: { severity: 'warning', title: 'Unknown part left out', help: 'files' },
  GR1101: { severity: 'error', title: 'Node missing', help: 'wires' },
  GR1102: { severity: 'error', title: 'Port missing', help: 'wires' },
  GR1103: { severity: 'error', title: 'Wrong direction', help: 'wires' },
  GR1104: { severity: 'error', title: 'Wire to itself', help: 'wires' },
  GR1105: { severity: 'error', title: 'Types do not fit', help: 'wires' },
  GR1106: { severity: 'error', title: 'Already connected', help: 'wires' },
  GR1107: { severity: 'error', title: 'Circle', help: 'wires' },
  GR1108: { severity: 'error', title: 'Too many wires', help: 'wires' },
  GR1109: { severity: 'error', title: 'Straight through a group', help: 'wires' },
  GR1201: { severity: 'error', title: 'Nothing to paste', help: 'clipboard' },
} as const

export const graphDiagnostic = diagnoser(graphCodes)
