/** A checked list of migrations: ids `name/1`, `name/2` … without gaps, so that no version can be forgotten. */
import type { Result } from './result.ts'
import { err, ok } from './result.ts'

export type Migration<T> = { readonly id: string; up(value: T): T }

export type MigrationSequence<T> = {
  /** The version that values have after all migrations; a sequence of n migrations leads to version n + 1. */
  readonly current: number
  /** Brings a value of an older version up. The error is a sentence; nothing throws. */
  upgrade(value: T, from: number): Result<T, string>
}

/** @throws Error when an id is missing, doubled or out of order: that is a bug of whoever wrote the list. */
export function migrationSequence<T>(name: string, migrations: readonly Migration<T>[]): MigrationSequence<T> {
  migrations.forEach((migration, index) => {
    const expected = `${name}/${index + 1}`
    if (migration.id !== expected) throw new Error(`migration ${migration.id} stands where ${expected} belongs`)
  })
  const current = migrations.length + 1
  return {
    current,
    upgrade(value, from) {
      if (!Number.isInteger(from) || from < 1) return err(`${from} is not a version`)
      let upgraded = value
      for (let version = from; version < current; version++) {
        const migration = migrations[version - 1]!
        try {
          upgraded = migration.up(upgraded)
        } catch (cause) {
          return err(`migration ${migration.id} failed: ${cause instanceof Error ? cause.message : String(cause)}`)
        }
      }
      return ok(upgraded)
    },
  }
}
