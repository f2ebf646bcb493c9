// A file that the walk found new or changed, on its way through the queue, and what becomes of it. One object of a few words, since
// thousands are under way: what they hold would outlive the space for young objects.

import { decodeEntry, ENTRY_FILE } from '../../../format/tree.ts'
import type { StatRecords } from '../../sources/filesystem/stat-record.ts'
import type { DirectoryNode } from './directory-node.ts'
import type { QueuedFile } from './file-queue.ts'
import type { FileProblem } from './messages.ts'
import type { Problems } from './problems.ts'
import type { CommitCounts } from './statistics.ts'

/** What all files of a walk share. */
export interface Walk {
  readonly counts: CommitCounts
  readonly problems: Problems
  /** Wall clock at the start, in milliseconds. */
  readonly startedAt: number
  /** Whether it is a dry run, whose files have no content. */
  readonly readsNothing: boolean
  /** Told when one thing less is to be waited for in a directory. */
  readonly finishOne: (node: DirectoryNode) => void
}

export class WalkedFile implements QueuedFile {
  readonly directoryFd: number
  readonly #walk: Walk
  readonly #node: DirectoryNode
  readonly #index: number
  readonly #place: number

  /** Name number `index` of a directory, which stays open until it is done; `place` says where it was captured before, or is -1. */
  constructor(walk: Walk, node: DirectoryNode, index: number, place: number) {
    this.directoryFd = node.handle.pin()
    this.#walk = walk
    this.#node = node
    this.#index = index
    this.#place = place
    node.pending++
    node.changed = true
    if (this.isRegular) walk.counts[this.#countOfNews]++
    walk.counts.readBytes += this.sizeBytes
  }

  get name(): string {
    return this.#node.names[this.#index]!
  }

  get isRegular(): boolean {
    return this.#node.typeOf(this.#index) === ENTRY_FILE
  }

  get sizeBytes(): number {
    return this.isRegular ? this.#node.stats.sizeBytes(this.#index) : 0
  }

  done(entry: Uint8Array | undefined, read: Buffer, at: number, problem: Omit<FileProblem, 'index'> | undefined): void {
    const { counts, problems, startedAt, readsNothing, finishOne } = this.#walk
    const node = this.#node
    const index = this.#index
    const { name, sizeBytes, isRegular } = this
    node.handle.unpin()
    node.hasReplaced = node.stats.copyFrom(index, read, at) || node.hasReplaced
    if (entry === undefined) {
      counts.remove(node.typeOf(index), name, sizeBytes)
      if (readsNothing) counts.readBytes -= sizeBytes
    } else if (isRegular) counts.resize(name, contentBytes(entry, node.stats, index) - sizeBytes)
    if (isRegular && this.#isNoNews(entry)) counts[this.#countOfNews]--
    if (problem !== undefined) problems.add(node.pathOf(name), problem.kind, problem.message)
    if (node.stats.isRacy(index, startedAt)) node.stats.forget(index)
    if (entry !== undefined) node.putEntry(index, entry)
    finishOne(node)
  }

  get #countOfNews(): 'newFiles' | 'changedFiles' {
    return this.#place < 0 ? 'newFiles' : 'changedFiles'
  }

  /** Whether it could not be read, or was read again to be sure, and is the same; where nothing is read, whether it seems to be. */
  #isNoNews(entry: Uint8Array | undefined): boolean {
    if (entry === undefined) return true
    if (this.#walk.readsNothing) return this.#node.isDoubted(this.#index)
    return this.#place >= 0 && this.#node.cached!.entryAt(this.#place).equals(entry)
  }
}

/** The size of a file as it was read, which may be another than the walk saw; its stat record has it, unless that is forgotten. */
function contentBytes(entry: Uint8Array, stats: StatRecords, index: number): number {
  return stats.isForgotten(index) ? (decodeEntry(entry).content?.size ?? 0) : stats.sizeBytes(index)
}
