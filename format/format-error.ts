export interface FormatErrorOptions {
  /** What the reader of the message can do next. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Bytes that break a rule of SPEC.md; `code` names the flaw (`pack-magic`), the message says what and where. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly code: string
  readonly hint: string | undefined

  constructor(code: string, message: string, options: FormatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}
