import fs from 'node:fs'
import { UsageError } from '../src/errors.ts'

/**
 * Holds that the working directory is where this process believes to be: relative paths would lead elsewhere, or nowhere.
 * @throws {UsageError} `working-directory` when it was removed, or its path is no text
 */
export function assertWorkingDirectory(): void {
  const problem = problemOfPlace()
  if (problem !== undefined)
    throw new UsageError('working-directory', `The working directory ${problem}.`, { hint: 'Go to another one (cd).' })
}

function problemOfPlace(): string | undefined {
  try {
    const named = process.cwd()
    if (!named.includes('\ufffd')) return undefined
    const [here, there] = [fs.statSync('.', { bigint: true }), fs.statSync(named, { bigint: true })]
    if (here.ino === there.ino && here.dev === there.dev) return undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'uv_cwd') return 'cannot be found: it was removed, or this user may not see it'
  }
  return 'has a path that is not UTF-8'
}
