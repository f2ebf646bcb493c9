// A small ext4 in a file, with inodes as large as the test wants them: those of 128 bytes keep whole seconds until 2038. It takes root,
// mkfs.ext4 and loop devices; elsewhere it is said why the tests are skipped.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const IMAGE_BYTES = 16 << 20

export class Ext4Disk {
  readonly path: string
  readonly #image: string

  private constructor(where: string, image: string) {
    this.path = where
    this.#image = image
  }

  /** Mounts a new one on a new directory; its image lies beside it. @throws {Error} when this process may not. */
  static mount(where: string, inodeBytes: 128 | 256): Ext4Disk {
    const image = `${where}.image`
    fs.mkdirSync(where, { recursive: true })
    fs.writeFileSync(image, '')
    fs.truncateSync(image, IMAGE_BYTES)
    system('mkfs.ext4', '-q', '-F', '-N', '4000', '-I', String(inodeBytes), image)
    system('mount', '-o', 'loop', image, where)
    return new Ext4Disk(where, image)
  }

  unmount(): void {
    system('umount', this.path)
    fs.rmSync(this.#image)
  }
}

/** Some of it lies where the PATH of a root that came by way of a job does not reach. */
function system(command: string, ...args: readonly string[]): void {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  execFileSync(command, args, { stdio: 'pipe', env })
}

/** Why none can be had here; undefined when it can. */
export function whyNoExt4(): string | undefined {
  const directory = fs.mkdtempSync('/tmp/cairn-ext4-')
  try {
    Ext4Disk.mount(path.join(directory, 'disk'), 256).unmount()
    return undefined
  } catch (error) {
    return `it takes root, mkfs.ext4 and a loop device: ${(error as Error).message.trim().split('\n')[0]}`
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}
