/** Commands that nobody reaches for in the first second: they are added when the first picture stands. */
import { arrangingCommands } from './arranging.ts'
import type { Command } from './command.ts'
import { filingCommands } from './filing.ts'
import { groupingCommands } from './grouping.ts'
import { groupPortCommands } from './groupPorts.ts'
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
  ...groupPortCommands,
  ...filingCommands,
  ...lineageCommands,
]
