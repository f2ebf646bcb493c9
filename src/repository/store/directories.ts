// The directories below a file system store's root: made when first needed, flushed after each new name.

import { chmod, lstat, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { notAFile, storeError } from './file-system-errors.ts'

/** Flushes a directory, so that the names in it survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw storeError(error, 'flush', path)
  }
}

interface SyncTurn {
  running: Promise<void>
  next: Promise<void> | undefined
}

export class StoreDirectories {
  readonly #root: string
  readonly #known = new Set<string>()
  readonly #turns = new Map<string, SyncTurn>()

  constructor(root: string) {
    this.#root = root
  }

  /** Makes sure that the directory of a key exists, durably; returns its path. A symlink in its place is refused. */
  async ensure(relative: string): Promise<string> {
    const path = join(this.#root, relative)
    if (relative === '.' || this.#known.has(relative)) {
      return path
    }
    const parent = await this.ensure(dirname(relative))
    try {
      await mkdir(path, { mode: 0o700 })
      await chmod(path, 0o700)
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') {
        throw storeError(error, 'make', path)
      }
      await assertDirectory(path)
    }
    // Also when somebody else made it: their flush may not have come to pass yet.
    await this.sync(parent)
    this.#known.add(relative)
    return path
  }

  /** Forgets what was seen: the next `ensure` looks again. */
  forget(): void {
    this.#known.clear()
  }

  /**
   * Flushes a directory; callers that come while a flush runs share the next one. They may not share the running one: it
   * may have begun before their name stood in the directory.
   */
  sync(path: string): Promise<void> {
    const turn = this.#turns.get(path)
    if (turn === undefined) {
      const started: SyncTurn = { running: syncDirectory(path), next: undefined }
      this.#turns.set(path, started)
      this.#release(path, started)
      return started.running
    }
    turn.next ??= turn.running.then(
      () => syncDirectory(path),
      () => syncDirectory(path),
    )
    return turn.next
  }

  #release(path: string, turn: SyncTurn): void {
    const done = (): void => {
      if (turn.next === undefined) {
        this.#turns.delete(path)
        return
      }
      turn.running = turn.next
      turn.next = undefined
      this.#release(path, turn)
    }
    turn.running.then(done, done)
  }
}

async function assertDirectory(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isDirectory()) {
      throw notAFile(path)
    }
  } catch (error) {
    throw storeError(error, 'inspect', path)
  }
}
