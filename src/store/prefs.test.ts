import { expect, test } from 'vitest'
import { createPrefs, parsePrefs } from './prefs.ts'

test('keeps what was chosen', async () => {
  let stored: string | null = null
  const prefs = createPrefs({ read: () => stored, write: (text) => void (stored = text) })
  prefs.theme = 'dark'
  prefs.sizes.dock = 400
  await Promise.resolve()
  expect(parsePrefs(stored)).toMatchObject({ theme: 'dark', sizes: { dock: 400, palette: 220 } })
})

test.each([null, '', '{', '[]', '"x"', '{"theme":7,"sizes":{"dock":-5,"palette":"wide"}}'])(
  'falls back to the defaults for %s',
  (text) => {
    expect(parsePrefs(text)).toEqual(parsePrefs(null))
  },
)
