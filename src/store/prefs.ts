/** Preferences of the person at this browser, kept in local storage; never part of a document. */
import { proxy, ref, subscribe } from 'valtio/vanilla'
import type { Budget } from '../ir/budget.ts'
import { NO_BUDGET } from '../ir/budget.ts'
import { readPrices } from '../ir/prices.ts'
import type { PriceTable } from '../ir/prices.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'

export type Prefs = {
  theme: ThemeChoice
  paletteOpen: boolean
  inspectorOpen: boolean
  dockOpen: boolean
  dockTab: string
  minimap: boolean
  /** Map-style: dragging the empty canvas pans, Shift-drag selects. */
  dragPans: boolean
  snap: boolean
  /** Nodes are shown with what becomes of them in the plan. */
  configShown: boolean
  /** Sizes of panels in pixels, as they were left. */
  sizes: { palette: number; inspector: number; dock: number }
  /** What a run may cost at most; replaced as a whole. */
  budget: Budget
  /** A price table of the person's own; null = the one that ships. Replaced as a whole. */
  prices: PriceTable | null
}

export type PrefsStorage = { read(): string | null; write(text: string): void }

const DEFAULTS: Prefs = {
  theme: 'system',
  paletteOpen: true,
  inspectorOpen: true,
  dockOpen: true,
  dockTab: 'run',
  minimap: false,
  dragPans: false,
  snap: true,
  configShown: false,
  sizes: { palette: 220, inspector: 340, dock: 260 },
  budget: NO_BUDGET,
  prices: null,
}

export function createPrefs(storage: PrefsStorage): Prefs {
  const prefs = proxy<Prefs>(parsePrefs(storage.read()))
  subscribe(prefs, () => storage.write(JSON.stringify(prefs)))
  return prefs
}

/** Takes what is well-formed and fills in the rest; a broken store only costs the preferences. */
export function parsePrefs(text: string | null): Prefs {
  const raw = object(parseJson(text))
  const sizes = object(raw['sizes'])
  const flag = (key: keyof Prefs & string, standard: boolean): boolean =>
    typeof raw[key] === 'boolean' ? raw[key] : standard
  const size = (key: keyof Prefs['sizes']): number => {
    const value = sizes[key]
    return typeof value === 'number' && value >= 80 && value <= 2000 ? value : DEFAULTS.sizes[key]
  }
  const budget = object(raw['budget'])
  const limit = (key: keyof Budget): number | null => {
    const value = budget[key]
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
  }
  const prices = readPrices(raw['prices'])
  const theme = raw['theme']
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    paletteOpen: flag('paletteOpen', DEFAULTS.paletteOpen),
    inspectorOpen: flag('inspectorOpen', DEFAULTS.inspectorOpen),
    dockOpen: flag('dockOpen', DEFAULTS.dockOpen),
    dockTab: typeof raw['dockTab'] === 'string' ? raw['dockTab'] : DEFAULTS.dockTab,
    minimap: flag('minimap', DEFAULTS.minimap),
    dragPans: flag('dragPans', DEFAULTS.dragPans),
    snap: flag('snap', DEFAULTS.snap),
    configShown: flag('configShown', DEFAULTS.configShown),
    sizes: { palette: size('palette'), inspector: size('inspector'), dock: size('dock') },
    budget: ref({ dollars: limit('dollars'), tokens: limit('tokens'), minutes: limit('minutes') }),
    prices: prices && ref(prices),
  }
}

function parseJson(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
