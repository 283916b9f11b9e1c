/** Problems that reading, mapping and rendering rows can report. */
import { diagnoser } from '../base/diagnostic.ts'
import type { CodeTable } from '../base/diagnostic.ts'

export const DATA_CODES = {
  DA8001: { severity: 'error', title: 'Broken JSON', help: 'reading-rows' },
  DA8002: { severity: 'error', title: 'Row is not an object', help: 'reading-rows' },
  DA8003: { severity: 'error', title: 'Broken quotes', help: 'reading-rows' },
  DA8004: { severity: 'error', title: 'Wrong number of fields', help: 'reading-rows' },
  DA8005: { severity: 'error', title: 'Unusable header', help: 'reading-rows' },
  DA8006: { severity: 'error', title: 'No rows', help: 'reading-rows' },
  DA8007: { severity: 'info', title: 'More of the same', help: 'reading-rows' },
  DA8008: { severity: 'warning', title: 'Number loses digits', help: 'reading-rows' },
  DA8010: { severity: 'error', title: 'Columns not recognised', help: 'mapping' },
  DA8011: { severity: 'error', title: 'Column is missing', help: 'mapping' },
  DA8012: { severity: 'error', title: 'Row has no prompt', help: 'mapping' },
  DA8013: { severity: 'error', title: 'Conversation is malformed', help: 'mapping' },
  DA8014: { severity: 'error', title: 'Text is not valid Unicode', help: 'mapping' },
  DA8015: { severity: 'warning', title: 'Column is not used', help: 'mapping' },
  DA8016: { severity: 'warning', title: 'Repeated prompts', help: 'mapping' },
  DA8021: { severity: 'error', title: 'Unknown renderer', help: 'renderers' },
  DA8022: { severity: 'error', title: 'Renderer does not fit the tokenizer', help: 'renderers' },
  DA8023: { severity: 'error', title: 'Conversation does not fit the renderer', help: 'renderers' },
} as const satisfies CodeTable

export const diagnoseData = diagnoser(DATA_CODES)
