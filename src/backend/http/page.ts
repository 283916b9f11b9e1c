/** `limit` and `offset` of a listing. */
import { demand } from '../service/refusal.ts'
import type { Page } from '../service/listings.ts'

const MAX_PAGE = 1000

/** @throws Refusal 400 for anything but whole numbers. */
export function pageOf(url: URL, defaultLimit: number): Page {
  const read = (name: string, fallback: number, least: number): number => {
    const text = url.searchParams.get(name)
    const value = text === null || text === '' ? fallback : Number(text)
    demand(Number.isSafeInteger(value) && value >= least, `${name} must be a whole number from ${least}`)
    return value
  }
  return { limit: Math.min(read('limit', defaultLimit, 1), MAX_PAGE), offset: read('offset', 0, 0) }
}
