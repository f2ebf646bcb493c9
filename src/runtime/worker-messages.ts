// What a pool and its threads say to each other, and how an error gets across.

import { errorOfClass } from '../errors.ts'

export type ToWorker<Job> = { kind: 'job'; id: number; job: Job } | { kind: 'reply'; reply: unknown }
export type FromWorker<Result> =
  | { kind: 'result'; id: number; result: Result }
  | { kind: 'error'; id: number; error: unknown }
  | { kind: 'event'; event: unknown }

interface PlainError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: unknown
  /** With `syscall`: tells the system's errors apart where Node has no name for them. */
  readonly errno: number | undefined
  readonly syscall: string | undefined
  readonly hint: string | undefined
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

/** Structured cloning keeps neither class nor own fields of an error, so they travel as plain data. */
export function plainError(error: unknown): PlainError {
  const { name, message, stack, code, errno, syscall, hint, fields } = error as PlainError
  return { name, message, stack, code, errno, syscall, hint, fields }
}

/** The error that `plainError` was made of, of its class again. */
export function reviveError(plain: unknown): Error {
  const { name, message, stack, code, errno, syscall, hint, fields } = plain as PlainError
  const error =
    errorOfClass(name, String(code), message, { hint, fields }) ?? Object.assign(new Error(message), { name, code, errno, syscall })
  if (stack !== undefined) error.stack = stack
  return error
}
