/** Every scenario by name; the Python file beside each has a function of the same name. */
import { faults } from './faults.ts'
import { newer } from './newer.ts'
import { rests } from './rest.ts'
import { sampling } from './sampling.ts'
import { service } from './service.ts'
import { training } from './training.ts'
import { Peer } from '../peer.ts'
import type { Scenario } from '../peer.ts'

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...service,
  ...training,
  ...sampling,
  ...rests,
  ...newer,
  ...faults,
}

const LIMIT_MS = 90_000

/** The result of one scenario as JSON would carry it, or what it failed with. */
export async function play(name: string, url: string, key: string): Promise<{ result?: unknown; error?: string }> {
  const peer = new Peer(url, key)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  })
  try {
    const result = await Promise.race([SCENARIOS[name]!(peer), late])
    return { result: JSON.parse(JSON.stringify(result ?? null)) as unknown }
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  } finally {
    clearTimeout(timer)
    await peer.close()
  }
}
