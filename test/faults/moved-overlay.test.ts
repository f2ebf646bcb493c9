// On overlayfs a file of the layer below that moves is copied for that: its time of birth is that of the move. It was there all the same.

import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratch } from '../support/scratch.ts'

const whyNot = whyNoOverlay()
const { at } = scratch()

describe.skipIf(whyNot !== undefined)(`on overlayfs${whyNot === undefined ? '' : ` (${whyNot})`}`, () => {
  test.each([
    ['one file system', 'one'],
    ['two file systems, in which files above have the same inodes as files below', 'two'],
  ])('of %s what moves into a directory that was listed is recorded, and nothing else', (_, fileSystems) => {
    const program = path.join(import.meta.dirname, '../support/overlay-commit.ts')
    expect(JSON.parse(inNamespace(process.execPath, program, at(), fileSystems))).toEqual(['changed a/precious'])
  })
})

/** Runs a command where what it mounts is seen by nobody else. */
function inNamespace(...command: readonly string[]): string {
  return execFileSync('unshare', ['-m', '--propagation', 'private', ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Why none can be mounted here; undefined when one can. */
function whyNoOverlay(): string | undefined {
  const script = 'mount -t tmpfs t /mnt && cd /mnt && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m'
  try {
    inNamespace('sh', '-c', script)
    return undefined
  } catch (error) {
    return `it takes root, unshare and overlayfs: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
}
