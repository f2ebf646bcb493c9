// A directory that turns read-only while it is in use, as a file system does after errors: a bind mount of it over itself. It takes root;
// whoever is not root hears why the tests are skipped.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'

export class ReadOnlyMount {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** @throws {Error} when this process may not mount. */
  static over(directory: string): ReadOnlyMount {
    mount('--bind', directory, directory)
    mount('-o', 'remount,ro,bind', directory)
    return new ReadOnlyMount(directory)
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#directory], { stdio: 'pipe' })
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' })
}

/** Why nothing can be mounted read-only here; undefined when it can. */
export function whyNoReadOnlyMount(): string | undefined {
  const directory = fs.mkdtempSync('/tmp/cairn-read-only-')
  try {
    ReadOnlyMount.over(directory).unmount()
    return undefined
  } catch (error) {
    return `it takes root to mount a directory over itself: ${(error as Error).message.trim().split('\n')[0]}`
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}
