import { UsageError } from '../../errors.ts'
import type { CaptureRoot } from './selection.ts'
import { isSystemError } from './system-error.ts'

/** What is thrown when the directory that a person named cannot be read; errors of another kind are passed on as they are. */
export function unreadableRoot(path: string | Buffer, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause
  const { code } = cause as NodeJS.ErrnoException
  return new UsageError('unreadable-root', `The directory ${path.toString('utf8')} cannot be read (${code}).`, {
    hint: 'Check its permissions, or run this as a user who may read it.',
    cause,
  })
}

/** What is thrown when all that was named is gone by the time that it is looked for. */
export function nothingLeft({ roots }: CaptureRoot): UsageError {
  const [first] = roots
  return new UsageError('no-such-path', `There is nothing left to back up: ${first!.path.toString('utf8')} vanished meanwhile.`, {
    hint: 'Check the path, and whether something removes it.',
  })
}
