/** A config as a reader that knows what has been read: what is left over, or is not what it should be, is reported. */

export type Leftover = { readonly path: string; readonly value: unknown }
export type Misread = Leftover & { readonly expected: string }

export class Settings {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #prefix: string
  readonly #read = new Set<string>()
  readonly #nested: Settings[] = []
  /** Values that could not be read as what they should be, by key. */
  readonly #misread = new Map<string, Misread>()
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

  /** `false` and nothing between quotes stand for no text at all. */
  text(key: string): string | null {
    const value = this.take(key)
    if (typeof value === 'number') return String(value)
    if (typeof value === 'string' && value !== '') return value
    if (value !== '' && value !== false) this.#expected(key, 'a text')
    return null
  }

  /** A finite number; text such as `1e-4`, which YAML 1.1 reads as a string, counts as one. */
  number(key: string): number | null {
    const value = this.take(key)
    if (typeof value === 'string' && value.trim() === '') return null
    const read = typeof value === 'string' ? Number(value) : value
    if (typeof read === 'number' && Number.isFinite(read)) return read
    this.#expected(key, 'a number')
    return null
  }

  flag(key: string): boolean | null {
    const value = this.take(key)
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    this.#expected(key, 'true or false')
    return null
  }

  /** A list of texts; one text is a list of one, commas divide it. */
  texts(key: string): readonly string[] {
    const value = this.take(key)
    const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
    if ((typeof value !== 'string' && !Array.isArray(value)) || list.some((item) => typeof item !== 'string'))
      this.#expected(key, 'a list of names')
    return list
      .filter((item): item is string => typeof item === 'string')
      .map((item) => item.trim())
      .filter(Boolean)
  }

  /** A record inside; an empty one when it is absent or something else. */
  record(key: string): Settings {
    const value = this.take(key)
    if (!isRecord(value)) this.#expected(key, 'a group of settings')
    return this.#inside(value, key)
  }

  /** A list of records, or a single one. */
  records(key: string): readonly Settings[] {
    const value = this.take(key)
    const list = Array.isArray(value) ? value : value === null ? [] : [value]
    if (!list.every(isRecord)) this.#expected(key, 'a list of groups of settings')
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

  misread(): readonly Misread[] {
    return [...this.#misread.values(), ...this.#nested.flatMap((nested) => nested.misread())]
  }

  dropped(): readonly string[] {
    return [...this.#dropped, ...this.#nested.flatMap((nested) => nested.dropped())]
  }

  #expected(key: string, expected: string): void {
    if (this.has(key)) this.#misread.set(key, { path: this.#prefix + key, value: this.#values[key], expected })
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
