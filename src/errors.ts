// Every error that Cairn throws on purpose, and their union; cli/exit-codes.ts gives each its exit code.
// An error says what happened and where; `hint` says what to do next. No secret ever stands in a message.

import { FormatError } from '../format/format-error.ts'

export { FormatError }

export interface ErrorOptionsWithHint {
  /** What the reader of the message can do next. */
  readonly hint?: string
  readonly cause?: unknown
  /** Facts for programs: ids, paths, counts. */
  readonly fields?: Readonly<Record<string, unknown>>
}

abstract class CodedError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.fields = options.fields ?? {}
  }
}

/** Stored bytes are missing, or not what they must be: damage or an attack. */
export class IntegrityError extends CodedError {
  override readonly name = 'IntegrityError'
}

/** Something that was named does not exist: a repository, snapshot, path, object. */
export class NotFoundError extends CodedError {
  override readonly name = 'NotFoundError'
}

/** A lease was lost or could not be taken. */
export class LeaseError extends CodedError {
  override readonly name = 'LeaseError'
}

/** No key opens this: wrong passphrase, missing identity, missing read key. */
export class KeyError extends CodedError {
  override readonly name = 'KeyError'
}

/** The key is right, but its member may not do this. */
export class AccessError extends CodedError {
  override readonly name = 'AccessError'
}

/** A STOP condition: something that only a person may decide. `code` is the condition's name. */
export class StopError extends CodedError {
  override readonly name = 'StopError'
}

/** The store could not do what was asked: full, read-only, down. Absence is not an error of the store. */
export class StoreError extends CodedError {
  override readonly name = 'StoreError'
}

/** The command line or a setting is wrong. */
export class UsageError extends CodedError {
  override readonly name = 'UsageError'
}

/** The work was done, save for entries that are listed. */
export class PartialError extends CodedError {
  override readonly name = 'PartialError'
}

/** A person or program asked to stop. */
export class CancelledError extends CodedError {
  override readonly name = 'CancelledError'
}

export type CairnError =
  | FormatError
  | IntegrityError
  | NotFoundError
  | LeaseError
  | KeyError
  | AccessError
  | StopError
  | StoreError
  | UsageError
  | PartialError
  | CancelledError

const CLASSES = {
  IntegrityError,
  NotFoundError,
  LeaseError,
  KeyError,
  AccessError,
  StopError,
  StoreError,
  UsageError,
  PartialError,
  CancelledError,
}

/** Makes an error of a class by its name, for errors that come from another thread as plain data; undefined for other names. */
export function errorOfClass(
  name: string,
  code: string,
  message: string,
  facts: { hint: string | undefined; fields: Readonly<Record<string, unknown>> | undefined },
): Error | undefined {
  const options = { ...(facts.hint !== undefined && { hint: facts.hint }), ...(facts.fields !== undefined && { fields: facts.fields }) }
  if (name === 'FormatError') return new FormatError(code, message, facts.hint === undefined ? {} : { hint: facts.hint })
  return Object.hasOwn(CLASSES, name) ? new CLASSES[name as keyof typeof CLASSES](code, message, options) : undefined
}
