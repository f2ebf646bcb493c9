// What a commit counts, for the manifest, the progress line and the result.

import type { Statistics } from '../../../format/manifest.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_SYMLINK, type EntryType } from '../../../format/tree.ts'
import { classOfName } from '../../sources/filesystem/classify.ts'

const CLASS_NAMES = ['files', 'database', 'config', 'logs'] as const

/** Running counts; bytes are logical sizes of files. */
export class CommitCounts {
  files = 0
  directories = 0
  symlinks = 0
  others = 0
  bytes = 0
  /** Of `files`: those that the series' last capture did not have, or had in another state. */
  newFiles = 0
  changedFiles = 0
  /** Bytes of files that had to be read. */
  readBytes = 0
  problemCount = 0
  readonly classes = { files: [0, 0], database: [0, 0], config: [0, 0], logs: [0, 0] }

  /** Counts an entry; `name` is latin1 text. */
  add(type: EntryType, name: string, sizeBytes: number): void {
    this.#count(type, name, 1, sizeBytes)
  }

  /** Takes back what `add` counted, for what could not be captured. */
  remove(type: EntryType, name: string, sizeBytes: number): void {
    this.#count(type, name, -1, -sizeBytes)
  }

  /** Counts that a file turned out to have so many bytes more than it seemed to have, or less. */
  resize(name: string, byBytes: number): void {
    if (byBytes === 0) return
    this.#count(ENTRY_FILE, name, 0, byBytes)
    this.readBytes += byBytes
  }

  /** The statistics of the manifest. SPEC §6.5 */
  statistics(newBytes: number, storedBytes: number): Statistics {
    const { files, directories, symlinks, others, bytes, newFiles, changedFiles, classes } = this
    const pair = ([count = 0, size = 0]: readonly number[]): { files: number; bytes: number } => ({ files: count, bytes: size })
    return {
      files,
      directories,
      symlinks,
      others,
      bytes,
      newBytes,
      storedBytes,
      newFiles,
      changedFiles,
      classes: { database: pair(classes.database), files: pair(classes.files), config: pair(classes.config), logs: pair(classes.logs) },
    }
  }

  #count(type: EntryType, name: string, by: 1 | 0 | -1, bytes: number): void {
    if (type === ENTRY_DIRECTORY) this.directories += by
    else if (type === ENTRY_SYMLINK) this.symlinks += by
    else if (type !== ENTRY_FILE) this.others += by
    else {
      this.files += by
      this.bytes += bytes
      const counts = this.classes[CLASS_NAMES[classOfName(name) ?? 0]]
      counts[0]! += by
      counts[1]! += bytes
    }
  }
}
