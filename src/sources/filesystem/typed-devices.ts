import fs from 'node:fs'
import type { DirectoryHandle } from './directory-handle.ts'

/**
 * Types of file systems, as statfs numbers them, that are images: made as a whole and often with fixed times. Two of them that are mounted
 * one after the other at the same place can hold other content under the same inode, size and times. squashfs, ISO 9660, UDF, EROFS, cramfs.
 */
export const IMAGES: ReadonlySet<number> = new Set([0x73717368, 0x9660, 0x15013346, 0xe0f5e1e2, 0x28cd3d45])
/** Those on which a file that gets another name or metadata may be copied for that, and with it get another time of birth: overlayfs. */
export const COPYING: ReadonlySet<number> = new Set([0x794c7630])

/** The devices of a walk that are of some types. Each device is asked once. */
export class TypedDevices {
  readonly #types: ReadonlySet<number>
  readonly #isOfThem = new Map<number, boolean>()

  constructor(types: ReadonlySet<number>) {
    this.#types = types
  }

  hold(directory: DirectoryHandle): boolean {
    const { dev } = directory.stat()
    const known = this.#isOfThem.get(dev) ?? this.#types.has(typeOf(directory.fd()))
    this.#isOfThem.set(dev, known)
    return known
  }
}

/** What cannot say of what type it is (some of FUSE cannot) is none of those. */
function typeOf(fd: number): number {
  try {
    return fs.statfsSync(`/proc/self/fd/${fd}`).type >>> 0
  } catch {
    return 0
  }
}
