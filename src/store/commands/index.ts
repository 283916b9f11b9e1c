/** All commands of the editor itself; other rooms add theirs with `editor.commands.add`. */
import { arrangingCommands } from './arranging.ts'
import { clipboardCommands } from './clipboardCommands.ts'
import type { Command } from './command.ts'
import { editingCommands } from './editing.ts'
import { filingCommands } from './filing.ts'
import { groupingCommands } from './grouping.ts'
import { modeCommands } from './modes.ts'
import { nodeCommands } from './nodes.ts'
import { parameterCommands } from './parameters.ts'
import { viewingCommands } from './viewing.ts'
import { wiringCommands } from './wiring.ts'

export const editorCommands: readonly Command[] = [
  ...editingCommands,
  ...clipboardCommands,
  ...nodeCommands,
  ...modeCommands,
  ...parameterCommands,
  ...groupingCommands,
  ...wiringCommands,
  ...arrangingCommands,
  ...viewingCommands,
  ...filingCommands,
]
