// The directory that a capture must leave out: the store that it writes into. It grows while it is read, and a snapshot of it
// would be worth nothing where the store is lost. Device and inode tell it, so a link or a bind mount hides nothing.

import path from 'node:path'
import { type FileIdentity, isSameFile } from '../../runtime/posix/file-stat.ts'
import { statPath } from '../../runtime/posix/stat.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import type { CaptureRoot } from './selection.ts'

export class OwnDirectory {
  /** Where it was come upon, below the root. */
  readonly foundAt: Buffer[] = []
  readonly #identity: FileIdentity | undefined
  readonly #report: ((path: Buffer) => void) | undefined

  /** Undefined: there is no such directory on this machine. */
  constructor(identity: FileIdentity | undefined, report?: (path: Buffer) => void) {
    this.#identity = identity
    this.#report = report
  }

  is(directory: FileIdentity): boolean {
    return this.#identity !== undefined && isSameFile(directory, this.#identity)
  }

  /** Takes note that the walk came upon it; `pathBelow` is latin1 text. */
  note(pathBelow: string): void {
    const found = Buffer.from(pathBelow, 'latin1')
    this.foundAt.push(found)
    this.#report?.(found)
  }

  /** The first path that a person named which is this directory, or lies in it. */
  named({ roots }: CaptureRoot): Buffer | undefined {
    return roots.map(({ path: named }) => named).find((named) => withParents(named).some((each) => this.#isAt(each)))
  }

  /** What vanished meanwhile is no such directory; the walk tells of it. */
  #isAt(absolute: Buffer): boolean {
    try {
      return this.is(statPath(absolute))
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error
      return false
    }
  }
}

/** A path and all that it lies in, up to the root of the file system. */
function withParents(absolute: Buffer): Buffer[] {
  const text = absolute.toString('latin1')
  const parent = path.posix.dirname(text)
  return parent === text ? [absolute] : [absolute, ...withParents(Buffer.from(parent, 'latin1'))]
}
