import { FormatError, IntegrityError, NotFoundError, StoreError } from '../../errors.ts'

/** Whether an error says that stored bytes are lost or wrong, and not that the store or this program failed. */
export function isDamage(error: unknown): error is Error {
  return error instanceof IntegrityError || error instanceof FormatError || error instanceof NotFoundError
}

/** Whether a restore that keeps going may do without what could not be read: a disk that fails in one place is damage, too. */
export function isLost(error: unknown, keepGoing: boolean): error is Error {
  return isDamage(error) || (keepGoing && error instanceof StoreError && error.code === 'store-io')
}
