import { realpath, stat } from 'node:fs/promises'
import { StoreError } from '../../errors.ts'
import { type FileIdentity, isSameFile } from '../../runtime/posix/file-stat.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { storeError } from './file-system-errors.ts'

/** The directory that a file system store was opened at, told apart from another one that comes to lie at the same path. */
export class StoreRoot {
  readonly path: string
  readonly identity: FileIdentity

  private constructor(path: string, identity: FileIdentity) {
    this.path = path
    this.identity = identity
  }

  /** The directory at a path, which may be a symlink; undefined when there is none. */
  static async find(path: string): Promise<StoreRoot | undefined> {
    const identity = await identityOf(path)
    return identity === undefined ? undefined : new StoreRoot(await realpath(path), identity)
  }

  /**
   * What an error at a path below means: undefined when nothing is there.
   * @throws {StoreError} for every other error, `store-gone` when the root itself is not what it was.
   */
  async absentOr(error: unknown, action: string, path: string): Promise<undefined> {
    if (systemCodeOf(error) !== 'ENOENT') {
      throw storeError(error, action, path)
    }
    await this.assertSame()
    return undefined
  }

  /** "No such file" means absent only while the store is there: an unmounted disk leaves an empty directory behind. */
  async assertSame(): Promise<void> {
    const found = await identityOf(this.path)
    if (found === undefined || !isSameFile(found, this.identity)) {
      throw new StoreError('store-gone', `The store ${this.path} is no longer the directory that was opened.`, {
        hint: 'Check that its disk is still mounted, then run the command again.',
        fields: { path: this.path },
      })
    }
  }
}

/** Device and inode of a directory, undefined when there is none. */
async function identityOf(path: string): Promise<FileIdentity | undefined> {
  try {
    const found = await stat(path, { bigint: true })
    return found.isDirectory() ? { dev: Number(found.dev), ino: found.ino } : undefined
  } catch (error) {
    // ENOTDIR: something on the way there is a file.
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') {
      return undefined
    }
    throw storeError(error, 'open', path)
  }
}
