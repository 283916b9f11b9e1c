/** A config as a reader that knows what has been read: what is left over has no equivalent and is reported. */

export type Leftover = { readonly path: string; readonly value: unknown }

export class Settings {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #prefix: string
  readonly #read = new Set<string>()
  readonly #nested: Settings[] = []
  /** Settings of the machine, of logging and of storage, which a backend decides by itself. */
  readonly #dropped: string[] = []

  constructor(values: Readonly<Record<string, unknown>>, prefix = '') {
    this.#values = values
    this.#prefix = prefix
  }

  /** Whether the key is there with a value at all. */
  has(key: string): boolean {
    return Object.hasOwn(this.#values, key) && this.#values[key] !== null && this.#values[key] !== undefined
  }

  /** The raw value, counted as read; null when it is absent. */
  take(key: string): unknown {
    this.#read.add(key)
    return this.has(key) ? this.#values[key] : null
  }

  text(key: string): string | null {
    const value = this.take(key)
    return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null
  }

  /** A finite number; text such as `1e-4`, which YAML 1.1 reads as a string, counts as one. */
  number(key: string): number | null {
    const value = this.take(key)
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof read === 'number' && Number.isFinite(read) ? read : null
  }

  flag(key: string): boolean | null {
    const value = this.take(key)
    if (typeof value === 'boolean') return value
    return value === 'true' || value === 'false' ? value === 'true' : null
  }

  /** A list of texts; one text is a list of one, commas divide it. */
  texts(key: string): readonly string[] {
    const value = this.take(key)
    const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
    return list
      .filter((item): item is string => typeof item === 'string')
      .map((item) => item.trim())
      .filter(Boolean)
  }

  /** A record inside; an empty one when it is absent or something else. */
  record(key: string): Settings {
    return this.#inside(this.take(key), key)
  }

  /** A list of records, or a single one. */
  records(key: string): readonly Settings[] {
    const value = this.take(key)
    const list = Array.isArray(value) ? value : value === null ? [] : [value]
    return list.map((item, index) => this.#inside(item, `${key}[${index}]`))
  }

  drop(...keys: readonly string[]): void {
    for (const key of keys) {
      this.#read.add(key)
      if (this.has(key)) this.#dropped.push(this.#prefix + key)
    }
  }

  leftovers(): readonly Leftover[] {
    const own = Object.keys(this.#values)
      .filter((key) => !this.#read.has(key) && this.has(key))
      .map((key) => ({ path: this.#prefix + key, value: this.#values[key] }))
    return [...own, ...this.#nested.flatMap((nested) => nested.leftovers())]
  }

  dropped(): readonly string[] {
    return [...this.#dropped, ...this.#nested.flatMap((nested) => nested.dropped())]
  }

  #inside(value: unknown, key: string): Settings {
    const nested = new Settings(isRecord(value) ? value : {}, `${this.#prefix}${key}.`)
    this.#nested.push(nested)
    return nested
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
