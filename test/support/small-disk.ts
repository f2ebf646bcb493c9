// A real disk that runs out of space: a tmpfs of a few MiB, filled by ballast up to a given rest. To mount one takes root; whoever is
// not root hears why the tests are skipped.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const BALLAST = '.ballast'
const PIECE = Buffer.alloc(1 << 20, 0x62)

export class SmallDisk {
  readonly path: string

  private constructor(where: string) {
    this.path = where
  }

  /** Mounts a disk of so many bytes and files on a new directory. @throws {Error} when this process may not mount. */
  static mount(where: string, { bytes, files = 4000 }: { readonly bytes: number; readonly files?: number }): SmallDisk {
    fs.mkdirSync(where, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},nr_inodes=${files},mode=0700`, 'cairn-small-disk', where], { stdio: 'pipe' })
    return new SmallDisk(where)
  }

  /** Leaves so many bytes free: whole pages of 4 KiB. */
  leaveBytes(bytes: number): void {
    const fd = fs.openSync(this.#ballast('bytes'), 'a')
    try {
      for (let rest = this.freeBytes() - bytes; rest > 0; rest = this.freeBytes() - bytes)
        fs.writeSync(fd, PIECE, 0, Math.min(rest, PIECE.length))
    } finally {
      fs.closeSync(fd)
    }
  }

  /** Leaves room for so many more files and directories. */
  leaveFiles(files: number): void {
    const names = this.#ballast('files')
    fs.mkdirSync(names, { recursive: true })
    for (let rest = fs.statfsSync(this.path).ffree - files; rest > 0; rest--) fs.writeFileSync(path.join(names, String(rest)), '')
  }

  freeBytes(): number {
    const { bavail, bsize } = fs.statfsSync(this.path)
    return bavail * bsize
  }

  /** Gives all room back. */
  free(): void {
    for (const kind of ['bytes', 'files'] as const) fs.rmSync(this.#ballast(kind), { recursive: true, force: true })
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' })
  }

  /** Beside what a store or a home keeps, whose names it does not disturb. */
  #ballast(kind: 'bytes' | 'files'): string {
    fs.mkdirSync(path.join(this.path, BALLAST), { recursive: true })
    return path.join(this.path, BALLAST, kind)
  }
}

/** Why no small disk can be had here; undefined when it can. */
export function whyNoSmallDisk(): string | undefined {
  const where = fs.mkdtempSync('/tmp/cairn-mount-')
  try {
    SmallDisk.mount(where, { bytes: 1 << 20 }).unmount()
    return undefined
  } catch (error) {
    return `the tests with a full disk are skipped, since a tmpfs cannot be mounted here: ${(error as Error).message.trim()}`
  } finally {
    fs.rmSync(where, { recursive: true, force: true })
  }
}
