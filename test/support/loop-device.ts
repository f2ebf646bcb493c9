// A block device made of a file. It takes root, losetup, and a kernel with loop devices; elsewhere it is said why the tests are skipped.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const SECTOR_BYTES = 512

export class LoopDevice {
  /** As /dev/loop7. */
  readonly path: string

  private constructor(device: string) {
    this.path = device
  }

  /** Attaches a file, whose size must be a multiple of 512. @throws {Error} when this process may not. */
  static attach(file: string): LoopDevice {
    return new LoopDevice(losetup('--find', '--show', '--read-only', file).trim())
  }

  detach(): void {
    losetup('--detach', this.path)
  }
}

/** It lies where the PATH of a root that came by way of a job does not reach. */
function losetup(...args: readonly string[]): string {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  return execFileSync('losetup', args, { encoding: 'utf8', stdio: 'pipe', env })
}

/** Why no block device can be had here; undefined when it can. */
export function whyNoLoopDevice(): string | undefined {
  const directory = fs.mkdtempSync('/tmp/cairn-loop-')
  try {
    const file = path.join(directory, 'image')
    fs.writeFileSync(file, Buffer.alloc(SECTOR_BYTES))
    LoopDevice.attach(file).detach()
    return undefined
  } catch (error) {
    return `it takes root, losetup and a loop device: ${(error as Error).message.trim().split('\n')[0]}`
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}
