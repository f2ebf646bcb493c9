// A directory of a test file's own, gone when the file is done.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { removeTree } from './random-tree.ts'

/** A file system in memory, where there is one: it takes extended attributes of 64 KiB, and nothing waits for a disk. */
export const IN_MEMORY = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir()

/** Makes the directory before the tests of this file and removes it after them; `at` gives paths in it. */
export function scratch(): { at(...parts: string[]): string } {
  let directory = ''
  beforeAll(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-test-'))
  })
  afterAll(() => removeTree(directory))
  return { at: (...parts) => path.join(directory, ...parts) }
}
