import { closeSync, constants, ftruncateSync } from 'node:fs'
import type { Entry } from '../../format/tree.ts'
import { openAt } from '../runtime/posix/at.ts'
import { reserveSpace } from '../runtime/posix/space.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { copyContent, fill, hashContent, type Piece, writePieces } from './content.ts'
import type { EntryCreator } from './entry-creator.ts'
import type { MetadataSetter } from './metadata.ts'
import { entryFailure } from './problem.ts'
import { mayCompress } from './room.ts'
import { WriteBehind } from './write-behind.ts'

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
// O_NONBLOCK: a fifo put in a file's place must not hold the thread up.
const REOPEN = constants.O_NOFOLLOW | constants.O_NONBLOCK
const PRIVATE = 0o600

/** An entry and the number of its directory in the table. */
export interface PlacedEntry {
  readonly directory: number
  readonly entry: Entry
}

/** What was created under a name, so that it can be recognised when it is opened again. */
export interface CreatedEntry extends PlacedEntry {
  readonly inode: bigint
}

/** Creates files and writes their content. */
export class FileWriter {
  readonly #creator: EntryCreator
  readonly #metadata: MetadataSetter
  readonly #behind = new WriteBehind()
  /** The whole tree lies on one file system. */
  #mayReserve: boolean | undefined

  constructor(creator: EntryCreator, metadata: MetadataSetter) {
    this.#creator = creator
    this.#metadata = metadata
  }

  /** Creates, fills and finishes a file in one go; pieces ascend, and what they do not cover is a hole. */
  write(file: PlacedEntry, pieces: readonly Piece[]): boolean {
    const { entry } = file
    const access = entry.sha256 === undefined ? constants.O_WRONLY : constants.O_RDWR
    const mode = this.#metadata.createMode(entry)
    return this.#create(file, access, mode, (fd) => {
      fill(fd, pieces, entry.content!.size)
      return this.#finish(file, fd, mode)
    })
  }

  /**
   * Creates a file at its full size: a hole, or with room for all of it where its pieces will cover it wholly. Its inode, or
   * undefined when it could not be created.
   */
  allocate(file: PlacedEntry, coveredBytes: number): bigint | undefined {
    const { size } = file.entry.content!
    let inode: bigint | undefined
    this.#create(file, constants.O_WRONLY, PRIVATE, (fd) => {
      if (coveredBytes !== size || !this.#reserve(fd, size)) ftruncateSync(fd, size)
      inode = statFd(fd).ino
      return true
    })
    return inode
  }

  /** Writes pieces into an allocated file; false when it cannot take them, which was then reported. */
  writePieces(file: CreatedEntry, pieces: readonly Piece[]): boolean {
    const fd = this.#reopen(file, constants.O_WRONLY)
    return closing(fd, () => {
      try {
        writePieces(fd, pieces)
        this.#sendOff(fd, file, pieces)
        return true
      } catch (error) {
        this.#creator.failed(file.directory, file.entry.name, error)
        return false
      }
    })
  }

  /** Finishes an allocated file whose pieces are all written; false, and no file, when it is not what the snapshot says. */
  finish(file: CreatedEntry): boolean {
    const fd = this.#reopen(file, file.entry.sha256 === undefined ? constants.O_WRONLY : constants.O_RDWR)
    const whole = closing(fd, () => this.#finish(file, fd, PRIVATE))
    if (!whole) this.#creator.remove(file.directory, file.entry.name)
    return whole
  }

  /** Copies a file of this restore to a second place, where the file system cannot link it. */
  copy(source: CreatedEntry, target: PlacedEntry): boolean {
    const from = this.#reopen(source, constants.O_RDONLY)
    return closing(from, () =>
      this.#create(target, constants.O_RDWR, PRIVATE, (fd) => {
        copyContent(from, fd)
        return this.#finish(target, fd, PRIVATE)
      }),
    )
  }

  /** Creates a file and uses it; when its use fails or says false, the file goes again. */
  #create({ directory, entry }: PlacedEntry, access: number, mode: number, use: (fd: number) => boolean): boolean {
    const fd = this.#creator.create(directory, entry.name, (parentFd) => openAt(parentFd, entry.name, CREATE | access, mode))
    if (fd === undefined) return false
    let whole = false
    try {
      whole = use(fd)
    } catch (error) {
      this.#creator.failed(directory, entry.name, error)
    } finally {
      closeSync(fd)
    }
    if (!whole) this.#creator.remove(directory, entry.name)
    return whole
  }

  /** A file system that compresses would not do so within space that is reserved. */
  #reserve(fd: number, sizeBytes: number): boolean {
    this.#mayReserve ??= !mayCompress(`/proc/self/fd/${fd}`)
    return this.#mayReserve && reserveSpace(fd, sizeBytes)
  }

  #sendOff(fd: number, { inode, entry }: CreatedEntry, pieces: readonly Piece[]): void {
    const from = pieces[0]!.at
    const last = pieces.at(-1)!
    this.#behind.wrote(fd, { inode, sizeBytes: entry.content!.size }, from, last.at + last.bytes.length - from)
  }

  /** Compares with the file's own SHA-256 where the snapshot has one, and sets the metadata. */
  #finish({ directory, entry }: PlacedEntry, fd: number, createdMode: number): boolean {
    if (entry.sha256 !== undefined && !hashContent(fd).equals(entry.sha256)) {
      this.#creator.problem(directory, entry.name, 'damaged', 'left out: its content does not have the SHA-256 of the snapshot')
      return false
    }
    this.#metadata.apply({ fd }, entry, createdMode, (kind, message) => this.#creator.problem(directory, entry.name, kind, message))
    return true
  }

  #reopen({ directory, entry, inode }: CreatedEntry, access: number): number {
    let fd: number
    try {
      fd = openAt(this.#creator.handle(directory), entry.name, access | REOPEN)
    } catch (error) {
      throw this.#creator.tampered(directory, entry.name, entryFailure(error))
    }
    const { ino, dev, mode } = statFd(fd)
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG
    if (isFile && ino === inode && dev === this.#creator.device) return fd
    closeSync(fd)
    throw this.#creator.tampered(directory, entry.name, 'another file stands in its place')
  }
}

function closing<T>(fd: number, use: () => T): T {
  try {
    return use()
  } finally {
    closeSync(fd)
  }
}
