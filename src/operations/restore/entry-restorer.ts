// The work of one thread of a restore: creates entries, opens blocks, proves each chunk by its id, and writes its bytes to all
// places that want them. It reads no store and holds no read key. SPEC §9.3, §9.5.5-8

import { ENTRY_FILE } from '../../../format/tree.ts'
import { DirectoryTable } from '../../targets/directory-table.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import { type CreatedEntry, type Piece, type PlacedEntry, TreeWriter } from '../../targets/tree-writer.ts'
import { BlockRestorer } from './block-restorer.ts'
import type { JobTally, RestoreJob, RestoreResult, RestoreWorkerData } from './messages.ts'
import { coveredBytes, directoryAt, entryAt, piecesOf } from './planned-columns.ts'

export class EntryRestorer {
  readonly #data: RestoreWorkerData
  readonly #blocks: BlockRestorer
  readonly writer: TreeWriter
  #problems: RestoreProblem[] = []
  #files = 0
  #bytes = 0
  #filled = 0
  #told = { leftOut: 0, keptOwners: 0, roundedTimes: 0 }

  constructor(data: RestoreWorkerData) {
    this.#data = data
    const report = (problem: RestoreProblem): void => void this.#problems.push(problem)
    this.writer = new TreeWriter({ ...data.target, table: new DirectoryTable(data.table), report })
    this.#blocks = new BlockRestorer(data, this)
  }

  /** Does one job, and tells what came of it. */
  run(job: RestoreJob): RestoreResult {
    const failed = this.#do(job)
    return { ...this.tell(), ...failed }
  }

  /** What came of the work since the last time. */
  tell(): JobTally {
    const { leftOut, keptOwners, roundedTimes } = this.writer
    const told = this.#told
    const tally = {
      problems: this.#problems,
      files: this.#files,
      bytes: this.#bytes,
      filled: this.#filled,
      leftOut: leftOut - told.leftOut,
      keptOwners: keptOwners - told.keptOwners,
      roundedTimes: roundedTimes - told.roundedTimes,
    }
    this.#problems = []
    this.#files = 0
    this.#bytes = 0
    this.#filled = 0
    this.#told = { leftOut, keptOwners, roundedTimes }
    return tally
  }

  /** The place of an entry, decoded from its row. */
  placed(index: number): PlacedEntry {
    return { directory: this.#data.entries.directories[index]!, entry: entryAt(this.#data.entries, index) }
  }

  /** The place of an entry that was created. */
  created(index: number): CreatedEntry {
    return { ...this.placed(index), inode: this.#data.progress.inodes[index]! }
  }

  /** Notes that an entry is complete, or that it cannot be. */
  done(index: number, place: PlacedEntry, whole: boolean): void {
    const { failed, inodes } = this.#data.progress
    if (!whole) {
      failed[index] = 1
      inodes[index] = 0n
      return
    }
    if (place.entry.link !== undefined) inodes[index] = this.writer.inodeOf(place)
    if (place.entry.type === ENTRY_FILE) this.#countFile(place, this.#writtenBytes(index))
  }

  /** Counts a file by its size; of that, what was written of it is counted already. */
  #countFile({ entry }: PlacedEntry, countedBytes: number): void {
    const { size } = entry.content!
    this.#files++
    if (size > 0) this.#filled++
    this.#bytes += size - countedBytes
  }

  #writtenBytes(index: number): number {
    const { from, end } = piecesOf(this.#data.entries, index)
    return this.#data.pieces.lengths.subarray(from, end).reduce((sum, length) => sum + length, 0)
  }

  /** Counts content that was written. */
  wrote(pieces: readonly Piece[]): void {
    for (const { bytes } of pieces) this.#bytes += bytes.length
  }

  /** Counts pieces of a spread file as written, and finishes it after the last one. */
  arrived(index: number, pieceCount: number): void {
    const { missing, failed } = this.#data.progress
    if (Atomics.sub(missing, index, pieceCount) !== pieceCount || failed[index] === 1) return
    const file = this.created(index)
    this.done(index, file, this.writer.finishFile(file))
  }

  #do(job: RestoreJob): Pick<RestoreResult, 'failedEntries' | 'failedPieces'> {
    switch (job.kind) {
      case 'make-directories':
        for (const index of job.directories) this.writer.makeDirectory(index)
        break
      case 'finish-directories':
        for (const index of job.directories) this.writer.finishDirectory(index, directoryAt(this.#data.directoryRecords, index))
        break
      case 'plain':
        for (const index of job.entries) this.#createPlain(index)
        break
      case 'allocate':
        for (const index of job.entries) this.#allocate(index)
        break
      case 'link':
        for (const index of job.entries) this.#link(index)
        break
      case 'blocks':
        return this.#blocks.run(job)
      case 'close':
        this.writer.close()
    }
    return { failedEntries: [], failedPieces: [] }
  }

  #createPlain(index: number): void {
    const place = this.placed(index)
    this.done(index, place, place.entry.type === ENTRY_FILE ? this.writer.writeFile(place, []) : this.writer.createSpecial(place))
  }

  #allocate(index: number): void {
    const { inodes, failed } = this.#data.progress
    const inode = this.writer.allocateFile(this.placed(index), coveredBytes(this.#data, index))
    if (inode === undefined) failed[index] = 1
    else inodes[index] = inode
  }

  #link(index: number): void {
    const source = this.#data.entries.sources[index]!
    const place = this.placed(index)
    if (this.#data.progress.inodes[source] === 0n) this.#reportWithoutSource(index, place)
    else if (this.writer.link(this.created(source), place) && place.entry.type === ENTRY_FILE) this.#countFile(place, 0)
  }

  #reportWithoutSource(index: number, { directory, entry }: PlacedEntry): void {
    const path = new DirectoryTable(this.#data.table).path(directory, entry.name)
    this.#problems.push({ path, kind: 'link', message: 'left out, as the file that it is a further name of was left out' })
    this.#data.progress.failed[index] = 1
  }
}
