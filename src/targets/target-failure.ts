// What the system's errors mean while a restore begins in a target, and after its tree is in place.

import { StoreError, UsageError } from '../errors.ts'
import { systemCodeOf, systemMessageOf } from '../runtime/posix/system-code.ts'
import { entryFailure } from './problem.ts'

/** What keeps anything from being made in a target; what is no error of the system comes back as it is. @throws {StoreError} as `entryFailure` */
export function inTarget(path: string, cause: unknown): unknown {
  if (systemCodeOf(cause) === undefined) return cause
  return new UsageError('target-access', `Nothing can be created in ${path}: ${entryFailure(cause)}.`, {
    hint: 'Restore to a place where this user may write.',
    cause,
  })
}

/** What fails when the tree is in place: that is done, whatever ails the disk. What is no error of the system comes back as it is. */
export function inPlace(path: string, what: string, cause: unknown): unknown {
  if (systemCodeOf(cause) === undefined) return cause
  return new StoreError('target-io', `${path} holds the restored tree, but ${what}: ${systemMessageOf(cause)}.`, {
    hint: 'See to the disk, and to what else writes there. The next restore into the same target clears away what is left.',
    cause,
  })
}
