// How an object comes to be in a directory: written and flushed under tmp/, it appears by link(2), which no other writer can undo or
// repeat, and its directory is flushed. SPEC §3

import { link } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import type { StoreDirectories } from './directories.ts'
import { storeError } from './file-system-errors.ts'
import { objectFileSize } from './object-files.ts'
import type { StoreRoot } from './store-root.ts'
import { discardTemporary, removeStaleTemporaries, TEMPORARY_DIRECTORY, writeTemporary } from './temporary-files.ts'

export class ObjectPlacer {
  readonly #root: StoreRoot
  readonly #directories: StoreDirectories
  #cleaned: Promise<void> | undefined

  constructor(root: StoreRoot, directories: StoreDirectories) {
    this.#root = root
    this.#directories = directories
  }

  /** As `ObjectStore.put`. */
  async put(key: string, pieces: readonly Uint8Array[]): Promise<'created' | 'exists'> {
    const target = join(this.#root.path, key)
    if ((await objectFileSize(this.#root, key)) !== undefined) {
      return this.#settle(target, 'exists')
    }
    await this.#clean()
    const temporaries = await this.#directories.ensure(TEMPORARY_DIRECTORY)
    await this.#directories.ensure(dirname(key))
    const temporary = await writeTemporary(temporaries, pieces)
    try {
      return await this.#settle(target, await this.#link(temporary, target, key))
    } finally {
      await discardTemporary(temporary)
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
        const errno = systemCodeOf(error)
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
