import fs from 'node:fs'
import type { DirectoryHandle } from './directory-handle.ts'

/** As statfs numbers them: squashfs, ISO 9660, UDF, EROFS, cramfs. */
const IMAGE_TYPES = new Set([0x73717368, 0x9660, 0x15013346, 0xe0f5e1e2, 0x28cd3d45])

/**
 * The devices of a walk that are images, made as a whole and often with fixed times: two of them that are mounted one after the other at
 * the same place can hold other content under the same inode, size and times. Each device is asked once.
 */
export class ImageDevices {
  readonly #isImage = new Map<number, boolean>()

  hold(directory: DirectoryHandle): boolean {
    const { dev } = directory.stat()
    const known = this.#isImage.get(dev) ?? isImage(directory.fd())
    this.#isImage.set(dev, known)
    return known
  }
}

/** What cannot say of what type it is (some of FUSE cannot) is none of these. */
function isImage(fd: number): boolean {
  try {
    return IMAGE_TYPES.has(fs.statfsSync(`/proc/self/fd/${fd}`).type >>> 0)
  } catch {
    return false
  }
}
