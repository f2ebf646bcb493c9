// A store in a directory: each key is a file of that path (SPEC §3). Objects come to be in object-placer and are read in
// object-files. Nothing below the root that is a symlink is followed. All calls are asynchronous: a pack of many MiB must not
// hold up the event loop.

import { unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { assertPermit, type Permit } from '../../runtime/permit.ts'
import type { FileIdentity } from '../../runtime/posix/file-stat.ts'
import { StoreDirectories } from './directories.ts'
import { listDirectory } from './directory-listing.ts'
import { MAKE, storeError } from './file-system-errors.ts'
import { assertFitForStore, assertFreeForStore, noStoreAt } from './foreign-files.ts'
import { objectFileSize, readObjectFile } from './object-files.ts'
import { ObjectPlacer } from './object-placer.ts'
import {
  assertStoreKey,
  assertStorePrefix,
  type GetOptions,
  type ListedObject,
  type ObjectStore,
  type StorePrefix,
  throwClosed,
} from './object-store.ts'
import { StoreRoot } from './store-root.ts'

export class FileSystemStore implements ObjectStore {
  readonly location: string
  readonly directory: FileIdentity
  readonly #root: StoreRoot
  readonly #directories: StoreDirectories
  readonly #placer: ObjectPlacer
  #closed = false

  private constructor(root: StoreRoot) {
    this.location = root.path
    this.directory = root.identity
    this.#root = root
    this.#directories = new StoreDirectories(root.path)
    this.#placer = new ObjectPlacer(root, this.#directories)
  }

  /**
   * Opens a directory that exists; the root itself may be a symlink.
   * @throws {NotFoundError} `repository-not-found` when there is no such directory, or a file.
   */
  static async open(path: string): Promise<FileSystemStore> {
    const root = await StoreRoot.find(path)
    if (root === undefined) {
      throw await noStoreAt(path)
    }
    return new FileSystemStore(root)
  }

  /**
   * Makes the directory (mode 0700) where it is missing, and opens it. What is a store already stays as it is.
   * @throws {UsageError} `not-empty` when it holds anything that is no store's, `not-a-directory` when it is a file.
   */
  static async create(path: string): Promise<FileSystemStore> {
    await assertFreeForStore(path)
    try {
      makeDirectories(resolve(path))
      await assertFitForStore(path)
    } catch (error) {
      throw storeError(error, MAKE, resolve(path))
    }
    return FileSystemStore.open(path)
  }

  async put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'> {
    this.#check(key)
    return this.#placer.put(key, bytes instanceof Uint8Array ? [bytes] : bytes)
  }

  async get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    this.#check(key)
    return readObjectFile(this.#root, key, options)
  }

  async size(key: string): Promise<number | undefined> {
    this.#check(key)
    return objectFileSize(this.#root, key)
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
}
