// Where a command's results go: to people as text, to programs as JSON; remarks and progress go to stderr.

import { stripVTControlCharacters } from 'node:util'
import { UsageError } from '../../src/errors.ts'
import { systemCodeOf } from '../../src/runtime/posix/system-code.ts'
import { reportError } from './error.ts'
import { jsonText, jsonWithList } from './json.ts'
import { ProgressLine } from './progress.ts'

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
}

export interface ListForms<T> {
  readonly json: (item: T) => unknown
  readonly human: (item: T) => string
  /** What programs find behind the list: known only when it has ended. */
  readonly tail?: () => object
}

const WRITE_BYTES = 64 << 10

/** Nobody reads a list any more, as behind `| head`: there is nothing left to do, and nothing is wrong. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

export class Output {
  readonly json: boolean
  readonly quiet: boolean
  /** A line on the terminal that is written over; silent when stderr is no terminal. */
  readonly progress: ProgressLine
  /** Why nothing more can be written to stdout. */
  #lost: ReaderGone | UsageError | undefined
  #isThrown = false

  constructor({ json, quiet }: OutputOptions) {
    this.json = json
    this.quiet = quiet
    this.progress = new ProgressLine(process.stderr, !json && !quiet && process.stderr.isTTY)
    process.stdout.on('error', (error: NodeJS.ErrnoException) => this.#lose(error))
  }

  /** The result: `value` as one JSON object for programs, or what `human` gives for people. */
  result(value: object, human: () => string): void {
    this.progress.clear()
    const text = this.json ? jsonText(value) : human()
    if (text !== '') process.stdout.write(`${text}\n`)
  }

  /** A line of JSON that precedes the result, for programs that did not ask for quiet. */
  event(value: object): void {
    if (this.json && !this.quiet) process.stdout.write(`${jsonText(value)}\n`)
  }

  /** A result that is a long list: streamed, as lines for people or as member `name` of one object. */
  async list<T>(head: object, name: string, items: AsyncIterable<T> | Iterable<T>, forms: ListForms<T>): Promise<void> {
    this.progress.clear()
    if (this.json) return this.text(jsonWithList(head, name, mapped(items, forms.json), forms.tail))
    await this.text(mapped(items, (item) => `${forms.human(item)}\n`))
  }

  /** Text in pieces, as it comes. */
  async text(pieces: AsyncIterable<string>): Promise<void> {
    let waiting = ''
    for await (const piece of pieces) {
      waiting += piece
      if (waiting.length < WRITE_BYTES) continue
      await this.bytes(waiting)
      waiting = ''
    }
    await this.bytes(waiting)
  }

  /**
   * Bytes as they are, no faster than the reader takes them.
   * @throws {ReaderGone} when there is none any more; {UsageError} `output-lost` when they cannot be written
   */
  async bytes(bytes: Uint8Array | string): Promise<void> {
    const { stdout } = process
    this.#assertWritable()
    if (bytes.length === 0 || stdout.write(bytes)) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stdout.off('drain', go)
        stdout.off('close', go)
        stdout.off('error', go)
        resolve()
      }
      stdout.on('drain', go).on('close', go).on('error', go)
    })
    this.#assertWritable()
  }

  /** A remark for people, on stderr. */
  note(text: string): void {
    if (this.json || this.quiet) return
    this.progress.clear()
    process.stderr.write(`${text}\n`)
  }

  /** A problem that people should see even when they asked for quiet; for programs it is an object on stderr, beside the result. */
  warning(text: string): void {
    this.progress.clear()
    process.stderr.write(this.json ? `${JSON.stringify({ warning: stripVTControlCharacters(text) })}\n` : `${text}\n`)
  }

  #assertWritable(): void {
    if (process.stdout.destroyed) this.#lost ??= new ReaderGone()
    if (this.#lost === undefined) return
    this.#isThrown = true
    throw this.#lost
  }

  /** A backup must not end because its output is no longer read, or cannot be written; the latter is told when all is done. */
  #lose(error: NodeJS.ErrnoException): void {
    if (this.#lost !== undefined) return
    this.#lost = error.code === 'EPIPE' ? new ReaderGone() : outputLost(error)
    if (this.#lost instanceof UsageError) process.once('exit', () => this.#tellLost())
  }

  /** Where stdout takes nothing, programs too have to look at stderr. */
  #tellLost(): void {
    if (this.#isThrown && !this.json) return
    const exitCode = reportError(this.#lost, { json: false })
    process.exitCode ||= exitCode
  }
}

function outputLost(cause: NodeJS.ErrnoException): UsageError {
  return new UsageError('output-lost', `The output could not be written (${systemCodeOf(cause) ?? cause.code}), in whole or in part.`, {
    hint: 'Make room where it goes, or send it elsewhere. What the command did stands.',
    cause,
  })
}

async function* mapped<T, U>(items: AsyncIterable<T> | Iterable<T>, map: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield map(item)
}
