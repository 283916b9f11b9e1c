import { expect, test } from 'vitest'
import { PRICES } from '../ir/prices.ts'
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

test('limits and prices come back as they were, and only where they mean something', async () => {
  let stored: string | null = null
  const prefs = createPrefs({ read: () => stored, write: (text) => void (stored = text) })
  expect(prefs.budget).toEqual({ dollars: null, tokens: null, minutes: null })
  prefs.budget = { dollars: 2.5, tokens: null, minutes: 30 }
  prefs.prices = { ...PRICES, asOf: '2026-11-01' }
  await Promise.resolve()
  expect(parsePrefs(stored)).toMatchObject({ budget: { dollars: 2.5, minutes: 30 }, prices: { asOf: '2026-11-01' } })
  const broken = parsePrefs('{"budget":{"dollars":-1,"tokens":"many","minutes":null},"prices":{"asOf":"soon"}}')
  expect(broken).toMatchObject({ budget: { dollars: null, tokens: null, minutes: null }, prices: null })
})
