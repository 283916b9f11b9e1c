/** A command is data: what it is called, which keys it has, when it may run, and what it does. */
import type { Editor } from '../editor.ts'

export type CommandGroup = 'Edit' | 'Select' | 'Add' | 'Connect' | 'Arrange' | 'View' | 'File' | 'Run' | 'Help'

/**
 * Where its keys work: `app` everywhere, also while typing when the chord has Mod; `editing` outside fields, lists and
 * dialogs; `graph` only while the focus is in the graph, for keys that buttons and lists use themselves.
 */
export type CommandScope = 'app' | 'editing' | 'graph'

export type CommandArgs = Readonly<Record<string, unknown>>

export type Command = {
  readonly id: string
  readonly title: string
  readonly group: CommandGroup
  readonly scope: CommandScope
  /** Chords such as `Mod+Shift+Z`; a sequence is written with spaces: `A L`. */
  readonly keys: readonly string[]
  /** Not listed in the palette: needs arguments that only a caller has. */
  readonly hidden?: boolean
  /** True, or the reason why not, as a sentence for a person. */
  when?(editor: Editor, args: CommandArgs): true | string
  run(editor: Editor, args: CommandArgs): void
}

export type CommandOutcome = { readonly ran: true } | { readonly ran: false; readonly reason: string }

export type CommandTable = {
  readonly all: readonly Command[]
  get(id: string): Command | undefined
  /** Why it cannot run now, or null. */
  refusal(id: string, args?: CommandArgs): string | null
  /** Runs it, or says why not; a refusal is also announced. */
  run(id: string, args?: CommandArgs): CommandOutcome
  /** For rooms that bring commands of their own. */
  add(commands: readonly Command[]): void
  /** Called when there are more. */
  grown(listener: () => void): () => void
  subscribe(listener: (command: Command) => void): () => void
}

export function createCommands(editor: () => Editor, initial: readonly Command[]): CommandTable {
  const table = new Map<string, Command>()
  const listeners = new Set<(command: Command) => void>()
  const waiting = new Set<() => void>()
  let list: readonly Command[] = []
  const add = (commands: readonly Command[]): void => {
    for (const command of commands) {
      if (table.has(command.id)) throw new Error(`two commands are called ${command.id}`)
      table.set(command.id, command)
    }
    list = [...table.values()]
    for (const listener of [...waiting]) listener()
  }
  const refusal = (id: string, args: CommandArgs = {}): string | null => {
    const command = table.get(id)
    if (!command) return `There is no command ${id} here`
    const answer = command.when?.(editor(), args) ?? true
    return answer === true ? null : answer
  }
  add(initial)
  return {
    get all() {
      return list
    },
    get: (id) => table.get(id),
    refusal,
    add,
    grown(listener) {
      waiting.add(listener)
      return () => waiting.delete(listener)
    },
    run(id, args = {}) {
      const reason = refusal(id, args)
      if (reason !== null) {
        editor().announce.say(reason)
        return { ran: false, reason }
      }
      const command = table.get(id)!
      command.run(editor(), args)
      for (const listener of [...listeners]) listener(command)
      return { ran: true }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
