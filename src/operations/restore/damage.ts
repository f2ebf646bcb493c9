import { isDamage, isUnreadable } from '../../repository/objects/damage.ts'

export { isDamage } from '../../repository/objects/damage.ts'

/** Whether a restore that keeps going may do without what could not be read: a disk that fails in one place is damage, too. */
export function isLost(error: unknown, keepGoing: boolean): error is Error {
  return isDamage(error) || (keepGoing && isUnreadable(error))
}
