/** From key presses to commands: pure matching, so that tests press keys without a browser. */
import type { Command, CommandScope } from './commands/command.ts'

/** The parts of a KeyboardEvent that matter. */
export type KeyPress = {
  readonly key: string
  /** Physical key, e.g. `KeyT`: Option on macOS types symbols, so letters with Alt are matched by place. */
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/** Where the focus is. `button` also stands for everything that uses Enter, Space or arrows itself. */
export type FocusPlace = 'graph' | 'button' | 'list' | 'field' | 'dialog'

export type Chord = {
  readonly key: string
  readonly mod: boolean
  readonly alt: boolean
  readonly shift: boolean
}

export type Platform = 'mac' | 'other'

/** Keys pressed one after the other count as a sequence within this time. */
export const SEQUENCE_MS = 900

export function parseChord(text: string): Chord {
  const parts = text === '+' ? ['+'] : text.split(/\+(?!$)/)
  const key = parts.at(-1)!
  const has = (name: string): boolean => parts.slice(0, -1).includes(name)
  return { key, mod: has('Mod'), alt: has('Alt'), shift: has('Shift') }
}

export function matchesChord(chord: Chord, press: KeyPress, platform: Platform): boolean {
  const mod = platform === 'mac' ? press.metaKey : press.ctrlKey
  const other = platform === 'mac' ? press.ctrlKey : press.metaKey
  if (mod !== chord.mod || other || press.altKey !== chord.alt) return false
  const letter = /^[A-Za-z]$/.test(chord.key)
  // Signs such as `?` carry their own Shift, which differs between keyboards.
  const sign = chord.key.length === 1 && !letter && !/^[0-9]$/.test(chord.key)
  if (!sign && press.shiftKey !== chord.shift) return false
  if (letter && chord.alt) return press.code === `Key${chord.key.toUpperCase()}`
  return press.key.toLowerCase() === chord.key.toLowerCase()
}

export function inScope(scope: CommandScope, place: FocusPlace, chord: Chord): boolean {
  if (place === 'dialog') return false
  if (place === 'field') return scope === 'app' && chord.mod
  if (scope === 'app') return true
  if (place === 'list') return false
  return scope === 'editing' || place === 'graph'
}

export type Keymap = {
  /** The command that this press completes, `pending` inside a sequence, or null. */
  press(press: KeyPress, place: FocusPlace, at: number): Command | 'pending' | null
}

export function createKeymap(commands: () => readonly Command[], platform: Platform): Keymap {
  let begun: { readonly presses: readonly KeyPress[]; readonly at: number } | null = null
  return {
    press(press, place, at) {
      const presses = begun && at - begun.at <= SEQUENCE_MS ? [...begun.presses, press] : [press]
      const found = lookUp(commands(), presses, place, platform) ?? lookUp(commands(), [press], place, platform)
      begun = found === 'pending' ? { presses, at } : null
      if (found && found !== 'pending' && startsSequence(commands(), press, place, platform)) {
        begun = { presses: [press], at }
      }
      return found
    },
  }
}

function lookUp(
  commands: readonly Command[],
  presses: readonly KeyPress[],
  place: FocusPlace,
  platform: Platform,
): Command | 'pending' | null {
  let pending = false
  for (const command of commands) {
    for (const keys of command.keys) {
      const chords = keys.split(' ').map(parseChord)
      if (chords.length < presses.length) continue
      if (!inScope(command.scope, place, chords[0]!)) continue
      if (!presses.every((p, i) => matchesChord(chords[i]!, p, platform))) continue
      if (chords.length === presses.length) return command
      pending = true
    }
  }
  return pending ? 'pending' : null
}

/** `Escape` clears the selection and also begins `Escape Escape`. */
function startsSequence(commands: readonly Command[], press: KeyPress, place: FocusPlace, platform: Platform): boolean {
  return commands.some((command) =>
    command.keys.some((keys) => {
      const chords = keys.split(' ').map(parseChord)
      return chords.length > 1 && inScope(command.scope, place, chords[0]!) && matchesChord(chords[0]!, press, platform)
    }),
  )
}

/** `Mod+Shift+Z` as people write it on their machine: `⇧⌘Z`, or `Ctrl+Shift+Z`. */
export function showKeys(keys: string, platform: Platform): string {
  return keys
    .split(' ')
    .map((text) => {
      const chord = parseChord(text)
      const key = KEY_NAMES[chord.key] ?? (chord.key.length === 1 ? chord.key.toUpperCase() : chord.key)
      if (platform === 'mac') return `${chord.alt ? '⌥' : ''}${chord.shift ? '⇧' : ''}${chord.mod ? '⌘' : ''}${key}`
      return [
        ...(chord.mod ? ['Ctrl'] : []),
        ...(chord.alt ? ['Alt'] : []),
        ...(chord.shift ? ['Shift'] : []),
        key,
      ].join('+')
    })
    .join(' ')
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Delete: 'Del',
  Backspace: '⌫',
  Enter: '↵',
}
