/** All commands of the editor itself that work from the first picture on; `later.ts` has the others. Other rooms add theirs with `editor.commands.add`. */
import { clipboardCommands } from './clipboardCommands.ts'
import type { Command } from './command.ts'
import { editingCommands } from './editing.ts'
import { nodeCommands } from './nodes.ts'
import { viewingCommands } from './viewing.ts'
import { wiringCommands } from './wiring.ts'

export const editorCommands: readonly Command[] = [
  ...editingCommands,
  ...clipboardCommands,
  ...nodeCommands,
  ...wiringCommands,
  ...viewingCommands,
]
