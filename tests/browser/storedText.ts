/** Everything that this origin has kept in the browser, as text to search in: bytes are read as UTF-8. */
import type { Page } from '@playwright/test'

/** By place: `indexedDB tunegraph/settings`, `localStorage`, `cookies`, `cache NAME`, `address`. */
export async function storedText(page: Page): Promise<{ readonly [place: string]: string }> {
  return page.evaluate(async () => {
    const texts: Record<string, string> = {
      localStorage: JSON.stringify({ ...localStorage }),
      sessionStorage: JSON.stringify({ ...sessionStorage }),
      cookies: document.cookie,
      address: location.href,
    }
    const decoder = new TextDecoder()

    async function textOf(value: unknown): Promise<string> {
      if (value instanceof Blob) return value.text()
      if (value instanceof ArrayBuffer) return decoder.decode(value)
      if (ArrayBuffer.isView(value)) return decoder.decode(value)
      if (value === null || typeof value !== 'object') return String(value)
      const parts = await Promise.all(Object.entries(value).map(async ([key, part]) => `${key}: ${await textOf(part)}`))
      return parts.join('\n')
    }
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error as Error)
      })

    for (const { name } of await indexedDB.databases()) {
      const db = await done(indexedDB.open(name!))
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store)
        const [keys, values] = await Promise.all([done(all.getAllKeys()), done(all.getAll())])
        texts[`indexedDB ${name}/${store}`] = `${await textOf(keys)}\n${await textOf(values)}`
      }
      db.close()
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      const answers = await cache.matchAll()
      texts[`cache ${name}`] = (await Promise.all(answers.map((answer) => answer.text()))).join('\n')
    }
    return texts
  })
}
