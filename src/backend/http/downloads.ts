/** Files behind addresses that nobody can guess and that end soon: plain downloads need no key. */
import { Refusal } from '../service/refusal.ts'
import { bytesAnswer } from './answers.ts'
import type { Clock } from '../service/clock.ts'
import type { Router } from './router.ts'

const LIFETIME_MS = 15 * 60_000
const MOST = 1000

type Download = {
  readonly expires: number
  readonly type: string
  readonly make: () => Promise<Uint8Array<ArrayBuffer>>
}

export type DownloadUrl = { readonly url: string; readonly expires: Date }

export class Downloads {
  readonly #downloads = new Map<string, Download>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param request address of the request that asks, which the download's begins like */
  issue(request: URL, name: string, type: string, make: () => Promise<Uint8Array<ArrayBuffer>>): DownloadUrl {
    const now = this.#clock.now()
    for (const [token, { expires }] of this.#downloads)
      if (expires <= now || this.#downloads.size >= MOST) this.#downloads.delete(token)
    const words = crypto.getRandomValues(new Uint32Array(4))
    const token = [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
    const expires = now + LIFETIME_MS
    this.#downloads.set(token, { expires, type, make })
    const root = request.href.slice(0, request.href.indexOf('/api/v1/') + '/api/v1/'.length)
    return { url: `${root}downloads/${token}/${encodeURIComponent(name)}`, expires: new Date(expires) }
  }

  addRoute(router: Router): void {
    router.add('GET', 'downloads/:token/:name', async ({ params }) => {
      const download = this.#downloads.get(params['token']!)
      if (download === undefined || download.expires <= this.#clock.now())
        throw new Refusal('this download has ended or never was; ask for its address again', 404)
      const name = params['name']!.replace(/[^A-Za-z0-9_.-]/g, '_')
      const headers = { 'content-disposition': `attachment; filename="${name}"` }
      return bytesAnswer(await download.make(), download.type, 200, headers)
    })
  }
}
