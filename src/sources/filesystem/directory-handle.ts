// Directories of a walk as handles: every step goes from an open directory to one name in it and follows no symlink, so paths
// may be longer than PATH_MAX and a directory that is swapped meanwhile leads nowhere. Few stay open; the others are reopened.

import fs from 'node:fs'
import { openDirNoFollow } from '../../runtime/posix/at.ts'
import { readLatin1Names } from '../../runtime/posix/directory.ts'
import { type FileStat, isSameFile } from '../../runtime/posix/file-stat.ts'
import { O_PATH } from '../../runtime/posix/linux.ts'
import { statFd } from '../../runtime/posix/stat.ts'
import { readXattrs, readXattrsFd, type Xattr } from '../../runtime/posix/xattr.ts'
import { unreadableRoot } from './unreadable-root.ts'

const MAX_OPEN = 256
/** A process may hold 1,024 files open where nobody raised that. With 256 a walk of scattered changes stood still for a twelfth of its time. */
const MAX_PINNED = 600
const { O_DIRECTORY, O_RDONLY } = fs.constants

/** The directories of one walk that are open now, least recently used first. */
export class DirectoryHandles {
  readonly #open = new Set<DirectoryHandle>()
  #newest: DirectoryHandle | undefined
  #pinned = 0

  /**
   * The root of a walk. It may itself be reached through symlinks: the person named it. Absolute path as text or bytes.
   * @param isWay as of `child`
   * @throws {UsageError} `unreadable-root`
   */
  root(path: string | Buffer, isWay = false): DirectoryHandle {
    const root = new DirectoryHandle(this, undefined, Buffer.from(path), isWay)
    try {
      root.pin() // a root cannot be reopened by name without following symlinks again
    } catch (error) {
      throw unreadableRoot(path, error)
    }
    return root
  }

  /** Whether so many are pinned that no more may be until some are let go: a process may hold few files open. */
  get isCrowded(): boolean {
    return this.#pinned >= MAX_PINNED
  }

  /** @internal */
  pinned(change: 1 | -1): void {
    this.#pinned += change
  }

  /** @internal */
  opened(handle: DirectoryHandle): void {
    if (handle === this.#newest) return // asked for with every file of a directory: a set that is written that often makes megabytes of garbage
    this.#newest = handle
    this.#open.delete(handle)
    this.#open.add(handle)
    if (this.#open.size <= MAX_OPEN) return
    for (const oldest of this.#open) {
      if (oldest.isPinned || oldest === handle) continue
      oldest.pause()
      return
    }
  }

  /** @internal */
  closed(handle: DirectoryHandle): void {
    this.#open.delete(handle)
    if (handle === this.#newest) this.#newest = undefined
  }

  /** Closes all that is open. */
  close(): void {
    for (const handle of this.#open) handle.close()
  }
}

export class DirectoryHandle {
  readonly #handles: DirectoryHandles
  readonly #parent: DirectoryHandle | undefined
  readonly #name: Buffer
  #fd: number | undefined
  #pins = 0
  #stat: FileStat | undefined
  readonly #isWay: boolean
  /** Why it cannot be listed, though it is open. */
  #refused: Error | undefined

  constructor(handles: DirectoryHandles, parent: DirectoryHandle | undefined, name: Buffer, isWay: boolean) {
    this.#handles = handles
    this.#parent = parent
    this.#name = name
    this.#isWay = isWay
  }

  get isPinned(): boolean {
    return this.#pins > 0
  }

  /**
   * A directory in this one, by one name. It is opened when it is used.
   * @param isWay whether names in it can be asked for where it may be entered but not listed
   */
  child(name: Buffer, isWay = false): DirectoryHandle {
    return new DirectoryHandle(this.#handles, this, name, isWay)
  }

  /**
   * Its names, sorted, as latin1 text. Its metadata is taken after that, so that it tells of what came and went while they were read.
   * @throws {PosixError} EACCES for one that can only be entered, and as `fd` does
   */
  names(): string[] {
    const fd = this.fd()
    if (this.#refused !== undefined) throw this.#refused
    const names = readLatin1Names(fd)
    this.#stat = statFd(fd)
    return names
  }

  /** Keeps the handle open, for other threads that use its number, until `unpin`. */
  pin(): number {
    const fd = this.fd()
    if (this.#pins++ === 0) this.#handles.pinned(1)
    return fd
  }

  unpin(): void {
    if (--this.#pins === 0) this.#handles.pinned(-1)
  }

  /**
   * The open handle; reopened from its parents when it was closed meanwhile.
   * @throws {PosixError} ENOENT, ENOTDIR or ELOOP when it is no longer the directory that it was.
   */
  fd(): number {
    const closed: DirectoryHandle[] = []
    if (this.#fd === undefined) closed.push(this)
    for (let above = this.#parent; above !== undefined && closed.length > 0 && above.#fd === undefined; above = above.#parent)
      closed.push(above)
    for (const next of closed.reverse()) next.#reopen()
    this.#handles.opened(this)
    return this.#fd!
  }

  /** Metadata of the directory as it was when its names were read, or when it was first asked for. */
  stat(): FileStat {
    return (this.#stat ??= statFd(this.fd()))
  }

  /** Its extended attributes. @throws {PosixError} when one cannot be read, and as `fd` does */
  xattrs(): readonly Xattr[] {
    const fd = this.fd()
    return this.#refused === undefined ? readXattrsFd(fd) : readXattrs(`/proc/self/fd/${fd}/.`)
  }

  /** @internal Closes it until it is used again: then it must be the directory that it is now. Asks no other handle, so that no other has to make room. */
  pause(): void {
    this.#stat ??= statFd(this.#fd!)
    this.close()
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
    this.#handles.closed(this)
  }

  #reopen(): void {
    const fd = this.#openListable()
    if (this.#stat !== undefined && !isSameFile(this.#stat, statFd(fd))) {
      fs.closeSync(fd)
      throw Object.assign(new Error('the directory was replaced while it was read'), { code: 'ENOTDIR' })
    }
    this.#fd = fd
    this.#handles.opened(this)
  }

  #openListable(): number {
    this.#refused = undefined
    try {
      return this.#openAs(O_RDONLY)
    } catch (error) {
      if (!this.#isWay || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error
      this.#refused = error as Error
      return this.#openAs(O_PATH)
    }
  }

  #openAs(access: number): number {
    if (this.#parent === undefined) return fs.openSync(this.#name, access | O_DIRECTORY)
    return openDirNoFollow(this.#parent.#fd!, this.#name, access)
  }
}
