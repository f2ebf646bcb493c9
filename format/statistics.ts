import type { CborRecord, CborValue } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { asArray, asUint, RecordReader } from './record-reader.ts'

export const FILE_CLASSES = ['database', 'files', 'config', 'logs'] as const

export interface ClassCounts {
  readonly files: number
  readonly bytes: number
}

/** What a commit counted. SPEC §6.5 */
export interface Statistics {
  readonly files: number
  readonly directories: number
  readonly symlinks: number
  readonly others: number
  readonly bytes: number
  readonly newBytes: number
  readonly storedBytes: number
  readonly newFiles: number
  readonly changedFiles: number
  readonly classes: Readonly<Record<(typeof FILE_CLASSES)[number], ClassCounts>>
}

export function statisticsToCbor(statistics: Statistics): CborRecord {
  const classes = Object.fromEntries(FILE_CLASSES.map((name) => [name, [statistics.classes[name].files, statistics.classes[name].bytes]]))
  return { ...statistics, classes }
}

/**
 * The statistics of a decoded map. SPEC §6.5
 * @throws {FormatError} `statistics-*` when they are none.
 */
export function statisticsFromCbor(value: CborValue): Statistics {
  const record = new RecordReader('statistics', value)
  const statistics = {
    files: record.uint('files'),
    directories: record.uint('directories'),
    symlinks: record.uint('symlinks'),
    others: record.uint('others'),
    bytes: record.uint('bytes'),
    newBytes: record.uint('newBytes'),
    storedBytes: record.uint('storedBytes'),
    newFiles: record.uint('newFiles'),
    changedFiles: record.uint('changedFiles'),
    classes: readClasses(record.value('classes')),
  }
  record.end()
  return statistics
}

function readClasses(value: CborValue): Statistics['classes'] {
  const record = new RecordReader('statistics-classes', value)
  const classes = {
    database: readCounts(record.value('database')),
    files: readCounts(record.value('files')),
    config: readCounts(record.value('config')),
    logs: readCounts(record.value('logs')),
  }
  record.end()
  return classes
}

function readCounts(value: CborValue): ClassCounts {
  const code = 'statistics-counts'
  const counts = asArray(value, code, 'counts of a class')
  if (counts.length !== 2) throw new FormatError(code, `${counts.length} counts of a class instead of 2`)
  const [files, bytes] = counts.map((count) => asUint(count, code, 'a count'))
  return { files: files ?? 0, bytes: bytes ?? 0 }
}
