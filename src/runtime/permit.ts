// The only door to deletion and overwriting. Whatever removes an object or replaces a live directory asks for a Permit,
// and only `issuePermit` makes one; test/unit/permit-callers.test.ts enumerates who calls it.

import { AccessError } from '../errors.ts'

const issued = new WeakSet<Permit>()

/** Leave to destroy or overwrite what `covers` says, once it was decided by a person, a grant, or for one's own lease. */
export class Permit {
  readonly reason: string
  readonly covers: (target: string) => boolean

  constructor(reason: string, covers: (target: string) => boolean) {
    this.reason = reason
    this.covers = covers
  }
}

/** Issues a permit for the targets (store keys or absolute paths) that `covers` admits. */
export function issuePermit(reason: string, covers: (target: string) => boolean): Permit {
  const permit = new Permit(reason, covers)
  issued.add(permit)
  return permit
}

/**
 * Checks a permit before a target is destroyed or overwritten.
 * @throws {AccessError} when the permit was not issued by `issuePermit`, or does not cover the target.
 */
export function assertPermit(permit: Permit, target: string): void {
  if (!issued.has(permit) || !permit.covers(target)) {
    throw new AccessError('no-permit', `Nobody permitted to delete or overwrite ${target}.`, {
      hint: 'This is a defect of the program: report it. Nothing was changed.',
    })
  }
}
