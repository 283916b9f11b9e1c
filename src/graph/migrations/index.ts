/** Migrations of the document format, `tunegraph/1` … in order; each brings a file of that version to the next. None yet: version 1 is the first. */
import { migrationSequence } from '../../base/migrationSequence.ts'
import type { Migration, MigrationSequence } from '../../base/migrationSequence.ts'
import { FORMAT, FORMAT_VERSION } from '../model.ts'

/** Files are migrated before they are read, so a migration gets plain JSON and must expect anything in it. */
export type FileMigration = Migration<{ readonly [key: string]: unknown }>

export const fileMigrations: MigrationSequence<{ readonly [key: string]: unknown }> = migrationSequence(FORMAT, [])

if (fileMigrations.current !== FORMAT_VERSION) {
  throw new Error(
    `the document format is version ${FORMAT_VERSION} but its migrations lead to ${fileMigrations.current}`,
  )
}
