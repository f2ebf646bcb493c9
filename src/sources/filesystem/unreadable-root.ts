import type { ManifestProblem } from '../../../format/manifest.ts'
import { UsageError } from '../../errors.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import type { CaptureRoot } from './selection.ts'

/** What is thrown when the directory that a person named cannot be read; errors of another kind are passed on as they are. */
export function unreadableRoot(path: string | Buffer, cause: unknown): unknown {
  const code = systemCodeOf(cause)
  if (code === undefined) return cause
  return new UsageError('unreadable-root', `The directory ${path.toString('utf8')} cannot be read (${code}).`, {
    hint: 'Check its permissions, or run this as a user who may read it.',
    cause,
  })
}

/** What is thrown when all that was named is gone by the time that it is looked for, or cannot be read; `losses` says of each why. */
export function nothingLeft({ roots }: CaptureRoot, losses: readonly ManifestProblem[]): UsageError {
  const [first] = roots
  const unreadable = losses.findIndex(({ kind }) => kind === 'unreadable')
  if (unreadable >= 0) {
    const { path } = roots[unreadable]!
    return new UsageError(
      'unreadable-root',
      `Nothing can be backed up: ${path.toString('utf8')} cannot be read (${losses[unreadable]!.message}).`,
      {
        hint: 'Check its permissions, or run this as a user who may read it.',
      },
    )
  }
  return new UsageError('no-such-path', `There is nothing left to back up: ${first!.path.toString('utf8')} vanished meanwhile.`, {
    hint: 'Check the path, and whether something removes it.',
  })
}
