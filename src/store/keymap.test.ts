import { describe, expect, test } from 'vitest'
import type { Command, CommandScope } from './commands/command.ts'
import { createKeymap, showKeys } from './keymap.ts'
import type { KeyPress } from './keymap.ts'
import { editorCommands } from './commands/index.ts'

const command = (id: string, keys: readonly string[], scope: CommandScope = 'editing'): Command => ({
  id,
  title: id,
  group: 'Edit',
  scope,
  keys,
  run: () => undefined,
})

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

const idOf = (found: Command | 'pending' | null): string | null =>
  found === 'pending' ? 'pending' : (found?.id ?? null)

describe('the keymap', () => {
  test('takes Mod for Ctrl, and for Cmd on macOS', () => {
    const all = [command('undo', ['Mod+Z'])]
    const other = createKeymap(() => all, 'other')
    const mac = createKeymap(() => all, 'mac')
    expect(idOf(other.press(press('z', { ctrlKey: true }), 'graph', 0))).toBe('undo')
    expect(other.press(press('z', { metaKey: true }), 'graph', 0)).toBeNull()
    expect(idOf(mac.press(press('z', { metaKey: true }), 'graph', 0))).toBe('undo')
    expect(mac.press(press('z', { ctrlKey: true }), 'graph', 0)).toBeNull()
  })

  test('matches letters with Alt by their place, since Option types symbols', () => {
    const keymap = createKeymap(() => [command('tidy', ['Shift+Alt+T'])], 'mac')
    const typed = press('ˇ', { code: 'KeyT', altKey: true, shiftKey: true })
    expect(idOf(keymap.press(typed, 'graph', 0))).toBe('tidy')
  })

  test('matches signs however the keyboard makes them', () => {
    const keymap = createKeymap(() => [command('help', ['?']), command('in', ['+'])], 'other')
    expect(idOf(keymap.press(press('?', { shiftKey: true }), 'graph', 0))).toBe('help')
    expect(idOf(keymap.press(press('?'), 'graph', 0))).toBe('help')
    expect(idOf(keymap.press(press('+', { shiftKey: true }), 'graph', 0))).toBe('in')
  })

  test('waits for the rest of a sequence, and not for ever', () => {
    const keymap = createKeymap(() => [command('left', ['A L']), command('load', ['L'])], 'other')
    expect(idOf(keymap.press(press('a'), 'graph', 0))).toBe('pending')
    expect(idOf(keymap.press(press('l'), 'graph', 300))).toBe('left')
    expect(idOf(keymap.press(press('a'), 'graph', 1000))).toBe('pending')
    expect(idOf(keymap.press(press('l'), 'graph', 3000))).toBe('load')
  })

  test('leaves letters to fields and everything to dialogs', () => {
    const all = [command('add', ['N']), command('palette', ['Mod+K'], 'app'), command('up', ['Enter'], 'graph')]
    const keymap = createKeymap(() => all, 'other')
    expect(keymap.press(press('n'), 'field', 0)).toBeNull()
    expect(keymap.press(press('n'), 'list', 0)).toBeNull()
    expect(idOf(keymap.press(press('k', { ctrlKey: true }), 'field', 0))).toBe('palette')
    expect(keymap.press(press('k', { ctrlKey: true }), 'dialog', 0)).toBeNull()
    expect(keymap.press(press('Enter'), 'button', 0)).toBeNull()
    expect(idOf(keymap.press(press('Enter'), 'graph', 0))).toBe('up')
  })

  test('has no key that means two things', () => {
    const keys = editorCommands.flatMap((c) => c.keys)
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([])
    // A sequence must not begin with a key that is a command by itself, except Escape, which only lets go.
    const first = keys.filter((key) => key.includes(' ')).map((key) => key.split(' ')[0]!)
    expect(first.filter((key) => key !== 'Escape' && keys.includes(key))).toEqual([])
  })

  test('gives every command with a title a place in the palette or arguments of its own', () => {
    for (const c of editorCommands) expect(c.hidden === true && c.keys.length > 0, c.id).toBe(false)
  })

  test('writes chords as people know them', () => {
    expect(showKeys('Mod+Shift+Z', 'other')).toBe('Ctrl+Shift+Z')
    expect(showKeys('Mod+Shift+Z', 'mac')).toBe('⇧⌘Z')
    expect(showKeys('A L', 'other')).toBe('A L')
  })
})
