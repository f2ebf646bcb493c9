// A store in a directory: each key is a file of that path (SPEC §3). An object is written and flushed under tmp/, appears by
// link(2), which no other writer can undo or repeat, and its directory is flushed. Nothing below the root that is a
// symlink is followed. All calls are asynchronous: a pack of many MiB must not hold up the event loop.

import { constants } from 'node:fs'
import { type FileHandle, link, lstat, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { NotFoundError, StoreError } from '../../errors.ts'
import { assertPermit, type Permit } from '../../runtime/permit.ts'
import type { FileIdentity } from '../../runtime/posix/stat.ts'
import { StoreDirectories } from './directories.ts'
import { listDirectory } from './directory-listing.ts'
import { errnoOf, notAFile, storeError } from './file-system-errors.ts'
import { assertFitForStore } from './foreign-files.ts'
import {
  assertStoreKey,
  assertStorePrefix,
  type GetOptions,
  type ListedObject,
  memoryFor,
  type ObjectStore,
  regionOf,
  type StorePrefix,
  throwClosed,
} from './object-store.ts'
import { StoreRoot } from './store-root.ts'
import { discardTemporary, removeStaleTemporaries, TEMPORARY_DIRECTORY, writeTemporary } from './temporary-files.ts'

/** O_NONBLOCK: a FIFO that somebody put in an object's place must not block a thread. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

export class FileSystemStore implements ObjectStore {
  readonly location: string
  readonly directory: FileIdentity
  readonly #root: StoreRoot
  readonly #directories: StoreDirectories
  #cleaned: Promise<void> | undefined
  #closed = false

  private constructor(root: StoreRoot) {
    this.location = root.path
    this.directory = root.identity
    this.#root = root
    this.#directories = new StoreDirectories(root.path)
  }

  /**
   * Opens a directory that exists; the root itself may be a symlink.
   * @throws {NotFoundError} `repository-not-found` when there is no such directory.
   */
  static async open(path: string): Promise<FileSystemStore> {
    const root = await StoreRoot.find(path)
    if (root === undefined) {
      throw new NotFoundError('repository-not-found', `There is no directory ${resolve(path)}.`, {
        hint: 'Check the path and that its disk is mounted; `cairn init` makes a new repository.',
        fields: { path: resolve(path) },
      })
    }
    return new FileSystemStore(root)
  }

  /**
   * Makes the directory (mode 0700) where it is missing, and opens it. What is a store already stays as it is.
   * @throws {UsageError} `not-empty` when it holds anything that is no store's.
   */
  static async create(path: string): Promise<FileSystemStore> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 })
      await assertFitForStore(path)
    } catch (error) {
      throw storeError(error, 'make', resolve(path))
    }
    return FileSystemStore.open(path)
  }

  async put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'> {
    this.#check(key)
    const target = join(this.location, key)
    if ((await this.#inspect(target)) !== undefined) {
      return this.#settle(target, 'exists')
    }
    await this.#clean()
    const temporaries = await this.#directories.ensure(TEMPORARY_DIRECTORY)
    await this.#directories.ensure(dirname(key))
    const temporary = await writeTemporary(temporaries, bytes instanceof Uint8Array ? [bytes] : bytes)
    try {
      return await this.#settle(target, await this.#link(temporary, target, key))
    } finally {
      await discardTemporary(temporary)
    }
  }

  async get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    this.#check(key)
    const path = join(this.location, key)
    let handle: FileHandle
    try {
      handle = await open(path, READ_FLAGS)
    } catch (error) {
      return this.#root.absentOr(error, 'open', path)
    }
    try {
      const found = await handle.stat()
      if (!found.isFile()) {
        throw notAFile(path)
      }
      const { offset, length } = regionOf(key, found.size, options)
      return await readRegion(handle, path, offset, memoryFor(length, options))
    } catch (error) {
      throw storeError(error, 'read', path)
    } finally {
      await handle.close()
    }
  }

  async size(key: string): Promise<number | undefined> {
    this.#check(key)
    return this.#inspect(join(this.location, key))
  }

  async *list(prefix: StorePrefix, options: { readonly after?: string } = {}): AsyncIterable<ListedObject> {
    assertStorePrefix(prefix, options.after)
    if (this.#closed) {
      throwClosed(this.location)
    }
    yield* listDirectory(this.#root, prefix.slice(0, -1), options.after ?? '')
  }

  async remove(key: string, permit: Permit): Promise<boolean> {
    this.#check(key)
    assertPermit(permit, key)
    const path = join(this.location, key)
    try {
      await unlink(path)
    } catch (error) {
      return (await this.#root.absentOr(error, 'remove', path)) ?? false
    }
    await this.#directories.sync(dirname(path))
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(key: string): void {
    assertStoreKey(key)
    if (this.#closed) {
      throwClosed(this.location)
    }
  }

  /** Both answers are promises about the medium, `exists` too: the other writer may not have flushed the directory yet. */
  async #settle(target: string, answer: 'created' | 'exists'): Promise<'created' | 'exists'> {
    await this.#directories.sync(dirname(target))
    return answer
  }

  async #link(temporary: string, target: string, key: string): Promise<'created' | 'exists'> {
    for (const last of [false, true]) {
      try {
        await link(temporary, target)
        return 'created'
      } catch (error) {
        const errno = errnoOf(error)
        if (errno === 'EEXIST') {
          return 'exists'
        }
        if (errno !== 'ENOENT' || last) {
          throw storeError(error, 'link', target)
        }
        // The directory went away since it was last seen (an empty one that somebody tidied up).
        await this.#root.assertSame()
        this.#directories.forget()
        await this.#directories.ensure(dirname(key))
      }
    }
    throw new StoreError('store-io', `Cannot link ${target}.`)
  }

  /** The size of the regular file at a path, undefined when there is nothing. */
  async #inspect(path: string): Promise<number | undefined> {
    let found: Awaited<ReturnType<typeof lstat>>
    try {
      found = await lstat(path)
    } catch (error) {
      return this.#root.absentOr(error, 'inspect', path)
    }
    if (!found.isFile()) {
      throw notAFile(path)
    }
    return found.size
  }

  #clean(): Promise<void> {
    this.#cleaned ??= this.#directories
      .ensure(TEMPORARY_DIRECTORY)
      .then(removeStaleTemporaries)
      .catch((error: unknown) => {
        this.#cleaned = undefined
        throw error
      })
    return this.#cleaned
  }
}

async function readRegion(handle: FileHandle, path: string, offset: number, bytes: Buffer): Promise<Buffer> {
  const { length } = bytes
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) {
      throw new StoreError('store-io', `${path} ended ${length - filled} bytes early.`, { fields: { path } })
    }
    filled += bytesRead
  }
  return bytes
}
