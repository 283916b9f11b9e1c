/** The commands of the embedded backend's settings; see `embedded.ts`. */
import { ref } from 'valtio/vanilla'
import { readSetting, writeSetting } from '../persist/settings.ts'
import { unanswered } from '../services/unanswered.ts'
import type { BroughtAdapter, Embedded, EmbeddedDeps, EmbeddedState, Trouble } from './embedded.ts'

const SETTING = 'embedded'
/** Most of each, for what is read from the settings; the form asks for no more. */
export const MOST_TROUBLE: Required<Trouble> = {
  latencyMs: 60_000,
  failRate: 1,
  operationFailRate: 1,
  rateLimit: 10_000,
  queuePauseMs: 600_000,
  seed: 2 ** 32 - 1,
}

export function embeddedCommands(state: EmbeddedState, { storage, control }: EmbeddedDeps): Omit<Embedded, 'state'> {
  async function remember(): Promise<void> {
    const { trouble, adapters } = state
    const saved = await writeSetting(storage, SETTING, {
      trouble: trouble && { ...trouble },
      adapters: adapters.map((adapter) => ({ ...adapter })),
    })
    state.problem = saved.ok ? null : ref(saved.error)
  }

  return {
    async load() {
      const setting = await readSetting(storage, SETTING)
      if (!setting.ok) {
        state.problem = ref(setting.error)
        return
      }
      const { trouble, adapters } = (setting.value ?? {}) as { trouble?: unknown; adapters?: unknown }
      state.trouble = readTrouble(trouble)
      state.adapters = ref(Array.isArray(adapters) ? adapters.filter(isAdapter) : [])
      if (state.trouble !== null) control.setTrouble({ ...state.trouble })
    },
    async practise(trouble) {
      state.trouble = trouble === null ? null : readTrouble(trouble)
      control.setTrouble(state.trouble === null ? {} : { ...state.trouble })
      await remember()
    },
    async bring(upload) {
      state.taking = true
      try {
        const report = await control.importAdapter(upload)
        if (!report.ok) {
          state.problem = ref(report.diagnostic)
          return null
        }
        const { baseModel, training, sampler } = report
        const adapter: BroughtAdapter = { name: upload.name, baseModel, training, sampler }
        // The same files under the same name are the same checkpoints.
        state.adapters = ref([adapter, ...state.adapters.filter((other) => other.sampler !== sampler)])
        await remember()
        return adapter
      } catch (error) {
        state.problem = ref(unanswered(error))
        return null
      } finally {
        state.taking = false
      }
    },
    async drop(adapter) {
      control.dropAdapter([adapter.training, adapter.sampler])
      state.adapters = ref(state.adapters.filter((other) => other.sampler !== adapter.sampler))
      await remember()
    },
  }
}

/** Only what is on, and the seed; null when nothing is. */
function readTrouble(value: unknown): Trouble | null {
  if (typeof value !== 'object' || value === null) return null
  const given = value as { readonly [key: string]: unknown }
  const kept = Object.entries(MOST_TROUBLE).flatMap(([key, most]): [string, number][] => {
    const amount = given[key]
    return typeof amount === 'number' && amount > 0 && amount <= most ? [[key, amount]] : []
  })
  return kept.some(([key]) => key !== 'seed') ? { seed: 0, ...Object.fromEntries(kept) } : null
}

function isAdapter(value: unknown): value is BroughtAdapter {
  const adapter = value as { readonly [key: string]: unknown } | null
  return ['name', 'baseModel', 'training', 'sampler'].every((key) => typeof adapter?.[key] === 'string')
}
