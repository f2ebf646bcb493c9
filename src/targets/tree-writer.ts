// Creates a tree entry by entry below one handle. Every name is created exclusively in a parent that is reached through
// O_NOFOLLOW handles, so nothing is overwritten and no path leads out, however deep. One per thread; threads share the
// handle of the root and the table of directories, and never work on the same entry at once. SPEC §9.5

import { closeSync, constants } from 'node:fs'
import { ENTRY_BLOCK, ENTRY_CHARACTER, ENTRY_FIFO, ENTRY_FILE, ENTRY_SOCKET, ENTRY_SYMLINK, type Entry } from '../../format/tree.ts'
import { linkAt, mkdirAt, symlinkAt } from '../runtime/posix/at.ts'
import type { FileStat } from '../runtime/posix/file-stat.ts'
import { mknodAt, type SpecialNode } from '../runtime/posix/node-at.ts'
import { statAt, statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import type { Piece } from './content.ts'
import { EntryCreator, type EntryCreatorOptions } from './entry-creator.ts'
import { type CreatedEntry, FileWriter, type PlacedEntry } from './file-writer.ts'
import { type MetadataOptions, MetadataSetter, type Subject } from './metadata.ts'

export type { Piece } from './content.ts'
export type { CreatedEntry, PlacedEntry } from './file-writer.ts'

const PRIVATE_NODE = 0o600
const PRIVATE_DIRECTORY = 0o700

export interface TreeWriterOptions extends EntryCreatorOptions, MetadataOptions {}

/**
 * Writes entries into a staging tree. What hurts only one entry is reported as its problem, and the method says false.
 * Every method throws StoreError when the target's file system is full, read-only or broken, StopError `target-tampered` when
 * somebody else changed the tree meanwhile, and FormatError for a name that no entry may have.
 */
export class TreeWriter {
  readonly #creator: EntryCreator
  readonly #metadata: MetadataSetter
  readonly #files: FileWriter

  constructor(options: TreeWriterOptions) {
    this.#creator = new EntryCreator(options)
    this.#metadata = new MetadataSetter(options)
    this.#files = new FileWriter(this.#creator, this.#metadata)
  }

  /** Entries that were not created because their directory could not be. */
  get leftOut(): number {
    return this.#creator.leftOut
  }

  /** Entries whose owner could not be given because the restorer is not root. */
  get keptOwners(): number {
    return this.#metadata.keptOwners
  }

  /** Entries whose time the target holds only roughly. */
  get roundedTimes(): number {
    return this.#metadata.roundedTimes
  }

  /** Makes a directory of the table, private until `finishDirectory`; its parent comes first. */
  makeDirectory(index: number): boolean {
    const { table } = this.#creator
    const name = table.name(index)
    const inode = this.#creator.create(table.parent(index), name, (parentFd) => {
      mkdirAt(parentFd, name, PRIVATE_DIRECTORY)
      return statAt(parentFd, name).ino
    })
    if (inode === undefined) table.leaveOut(index)
    else table.setInode(index, inode)
    return inode !== undefined
  }

  /** Sets the metadata of a directory once all below it is done: the highest numbers first, since a mode may close the way. */
  finishDirectory(index: number, entry: Entry): void {
    if (this.#creator.table.isLeftOut(index)) return
    const fd = this.#creator.handle(index)
    const present = statFd(fd).mode & 0o7777
    this.#setMetadata({ fd }, { directory: index, entry }, present)
  }

  /** Creates, fills and finishes a file in one go; pieces ascend, and what they do not cover is a hole. */
  writeFile(file: PlacedEntry, pieces: readonly Piece[]): boolean {
    return this.#files.write(file, pieces)
  }

  /** Creates a file at its full size for pieces of `coveredBytes` in all, in any order and from any thread; its inode, or undefined. */
  allocateFile(file: PlacedEntry, coveredBytes: number): bigint | undefined {
    return this.#files.allocate(file, coveredBytes)
  }

  /** Writes pieces into an allocated file; false when it cannot take them. */
  writePieces(file: CreatedEntry, pieces: readonly Piece[]): boolean {
    return this.#files.writePieces(file, pieces)
  }

  /** Finishes an allocated file whose pieces are all written; false, and no file, when it is not what the snapshot says. */
  finishFile(file: CreatedEntry): boolean {
    return this.#files.finish(file)
  }

  /** Removes a file that this restore created and cannot complete. */
  discardFile({ directory, entry }: PlacedEntry): void {
    this.#creator.remove(directory, entry.name)
  }

  /** Creates a symlink, fifo, socket or device and finishes it. */
  createSpecial(place: PlacedEntry): boolean {
    const { directory, entry } = place
    const parentFd = this.#creator.create(directory, entry.name, (fd) => {
      if (entry.type === ENTRY_SYMLINK) symlinkAt(entry.target!, fd, entry.name)
      else mknodAt(fd, entry.name, specialNode(entry), PRIVATE_NODE)
      return fd
    })
    if (parentFd === undefined) return false
    this.#setMetadata({ directoryFd: parentFd, name: entry.name }, place, PRIVATE_NODE)
    return true
  }

  /** The inode of an entry that was created. */
  inodeOf({ directory, entry }: PlacedEntry): bigint {
    return statAt(this.#creator.handle(directory), entry.name).ino
  }

  /** Gives a created entry a further name: only ever between two places of this tree, never by a path of the snapshot. SPEC §9.5.6 */
  link(source: CreatedEntry, target: PlacedEntry): boolean {
    const sourceFd = this.#creator.pin(source.directory)
    try {
      return this.#link(sourceFd, source, target)
    } finally {
      closeSync(sourceFd)
    }
  }

  /** Closes the handles of directories. */
  close(): void {
    this.#creator.close()
  }

  #link(sourceFd: number, source: CreatedEntry, target: PlacedEntry): boolean {
    const { name } = target.entry
    let refusal: Error | undefined
    const linked = this.#creator.create(target.directory, name, (parentFd) => {
      refusal = tryLink(sourceFd, source.entry.name, parentFd, name)
      return refusal === undefined && isSame(statAt(parentFd, name), source)
    })
    if (refusal !== undefined) return this.#linkRefused(source, target, refusal)
    if (linked !== false) return linked === true
    this.#creator.remove(target.directory, name)
    throw this.#creator.tampered(source.directory, source.entry.name, 'another file stands in its place')
  }

  /** A file's content is worth more than its sharing. */
  #linkRefused(source: CreatedEntry, target: PlacedEntry, { message }: Error): boolean {
    const { directory, entry } = target
    const done = entry.type === ENTRY_FILE ? this.#files.copy(source, target) : this.createSpecial(target)
    if (done) this.#creator.problem(directory, entry.name, 'link', `restored as an entry of its own: ${message}`)
    return done
  }

  #setMetadata(subject: Subject, { directory, entry }: PlacedEntry, createdMode: number): void {
    // A directory's entry is placed at its own number, so that its name is not added to the path twice.
    const name = 'directoryFd' in subject ? entry.name : undefined
    this.#metadata.apply(subject, entry, createdMode, (kind, message) => this.#creator.problem(directory, name, kind, message))
  }
}

/** The type counts, too: the number of a removed inode is given out again at once. */
function isSame({ ino, mode }: FileStat, { inode, entry }: CreatedEntry): boolean {
  const isType = entry.type === ENTRY_SYMLINK ? constants.S_IFLNK : entry.type === ENTRY_FILE ? constants.S_IFREG : undefined
  return ino === inode && (isType === undefined || (mode & constants.S_IFMT) === isType)
}

// File systems without hard links, full link counts, and protected_hardlinks.
const LINK_REFUSALS = new Set(['EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EXDEV'])

function tryLink(fromFd: number, from: Uint8Array, toFd: number, to: Uint8Array): Error | undefined {
  try {
    linkAt(fromFd, from, toFd, to)
    return undefined
  } catch (error) {
    if (!LINK_REFUSALS.has(systemCodeOf(error) ?? '')) throw error
    return error as Error
  }
}

function specialNode({ type, device }: Entry): SpecialNode {
  switch (type) {
    case ENTRY_FIFO:
      return { kind: 'fifo' }
    case ENTRY_SOCKET:
      return { kind: 'socket' }
    case ENTRY_CHARACTER:
      return { kind: 'character-device', ...device! }
    case ENTRY_BLOCK:
      return { kind: 'block-device', ...device! }
    default:
      throw new Error(`an entry of type ${type} is no special file`)
  }
}
