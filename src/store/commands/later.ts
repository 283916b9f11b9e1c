/** Commands that nobody reaches for in the first second: they are added when the first picture stands. */
import { arrangingCommands } from './arranging.ts'
import type { Command } from './command.ts'
import { groupingCommands } from './grouping.ts'
import { levelCommands } from './levels.ts'
import { lineageCommands } from './lineage.ts'
import { modeCommands } from './modes.ts'
import { parameterCommands } from './parameters.ts'

export { followJumps } from './levels.ts'
export { pinCommands } from './modes.ts'

export const laterCommands: readonly Command[] = [
  ...modeCommands,
  ...parameterCommands,
  ...arrangingCommands,
  ...groupingCommands,
  ...levelCommands,
  ...lineageCommands,
]
