// Damage: stored bytes that are lost or wrong. Each layer that it passes says what it knows of the place: pack, path, snapshot.

import { errorOfClass, FormatError, IntegrityError, StoreError } from '../../errors.ts'

/** What somebody does next who met damage. */
export const DAMAGE_HINT = "'cairn verify' says what is harmed."

/** Whether stored bytes are lost or wrong; that the store failed, or this program, is another matter. */
export function isDamage(error: unknown): error is IntegrityError | FormatError {
  return error instanceof IntegrityError || error instanceof FormatError
}

const ONE_PLACE = new Set(['store-io', 'store-access', 'store-not-a-file'])

/** Whether the store cannot give one object, though it gives others: a bad sector, a mode, a directory in its place. */
export function isUnreadable(error: unknown): error is StoreError {
  return error instanceof StoreError && ONE_PLACE.has(error.code)
}

/** The same error with the place in front of its message, the place's facts, and a next step. */
export function damageAt(error: Error, place: string | undefined, facts: Readonly<Record<string, unknown>>): Error {
  if (!isDamage(error)) return error
  const fields = { ...('fields' in error ? error.fields : {}), ...facts }
  const message = place === undefined ? error.message : `${place}: ${error.message}`
  const told = errorOfClass(error.name, error.code, message, { hint: error.hint ?? DAMAGE_HINT, fields })!
  return Object.assign(told, { cause: error })
}
