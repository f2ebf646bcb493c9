// The tokens of deterministic CBOR (SPEC §1), read strictly: every other form of the same value is an error of its own name.
// decodeCbor builds values of it; tree entries and lists read it directly, because there are millions of them.

import { asBuffer } from './bytes.ts'
import { FormatError } from './format-error.ts'

export const MAJOR_UINT = 0
export const MAJOR_NEGATIVE = 1
export const MAJOR_BYTES = 2
export const MAJOR_TEXT = 3
export const MAJOR_ARRAY = 4
export const MAJOR_MAP = 5
const MAJOR_TAG = 6

export const SIMPLE_FALSE = 20
export const SIMPLE_TRUE = 21
export const SIMPLE_NULL = 22

/** The smallest argument that needs 1, 2, 4 and 8 bytes behind the head. */
const SMALLEST = [24, 0x100, 0x10000, 0x100000000]

// ignoreBOM keeps a leading U+FEFF: dropping it would let two encodings decode to one text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A cursor over CBOR bytes. Methods that take a `code` throw it when the next item has another type. */
export class CborReader {
  readonly buffer: Buffer
  /** Offset of the next byte. */
  at = 0
  /** The head read last: its value, length or count. */
  argument = 0
  private readonly what: string

  constructor(bytes: Uint8Array, what: string) {
    this.buffer = asBuffer(bytes)
    this.what = what
  }

  get done(): boolean {
    return this.at >= this.buffer.length
  }

  fail(code: string, problem: string): never {
    throw new FormatError(code, `${this.what}: ${problem} (before offset ${this.at})`)
  }

  /** Reads a head; returns its major type and leaves its argument in `argument`. */
  head(): number {
    const initial = this.buffer[this.at]
    if (initial === undefined) this.fail('cbor-truncated', 'the bytes end where an item must begin')
    this.at += 1
    const major = initial >> 5
    const info = initial & 31
    if (major >= MAJOR_TAG) this.checkSimple(major, info)
    this.argument = info < 24 ? info : this.longArgument(major, info)
    return major
  }

  uint(code: string, what: string): number {
    if (this.head() !== MAJOR_UINT) this.fail(code, `${what} is not an unsigned integer`)
    return this.argument
  }

  int(code: string, what: string): number {
    const major = this.head()
    if (major === MAJOR_UINT) return this.argument
    if (major !== MAJOR_NEGATIVE) this.fail(code, `${what} is not an integer`)
    return this.negative()
  }

  /** A view of the bytes, not a copy. */
  bytes(code: string, what: string): Buffer {
    if (this.head() !== MAJOR_BYTES) this.fail(code, `${what} is not a byte string`)
    return this.take()
  }

  text(code: string, what: string): string {
    if (this.head() !== MAJOR_TEXT) this.fail(code, `${what} is not a text`)
    return this.takeText()
  }

  /** The number of items that follow. */
  array(code: string, what: string): number {
    if (this.head() !== MAJOR_ARRAY) this.fail(code, `${what} is not an array`)
    return this.argument
  }

  /** The number of keys that follow. */
  map(code: string, what: string): number {
    if (this.head() !== MAJOR_MAP) this.fail(code, `${what} is not a map`)
    return this.argument
  }

  /** The value of a head of major type 1. */
  negative(): number {
    if (this.argument === Number.MAX_SAFE_INTEGER) this.fail('cbor-integer-range', 'an integer below −(2^53−1)')
    return -1 - this.argument
  }

  /** The `argument` bytes that follow a head. */
  take(): Buffer {
    const from = this.at
    this.at = this.endOfString()
    return this.buffer.subarray(from, this.at)
  }

  /** The text of `argument` bytes that follows a head. */
  takeText(): string {
    const from = this.at
    const to = this.endOfString()
    this.at = to
    for (let i = from; i < to; i += 1) {
      if ((this.buffer[i] ?? 0) >= 0x80) return this.decodeUtf8(from, to)
    }
    return this.buffer.toString('latin1', from, to)
  }

  /** Requires that nothing follows. */
  end(): void {
    if (!this.done) this.fail('cbor-trailing', `${this.buffer.length - this.at} bytes follow the last item`)
  }

  private endOfString(): number {
    const to = this.at + this.argument
    if (to > this.buffer.length) this.fail('cbor-truncated', `a string of ${this.argument} bytes goes beyond the end`)
    return to
  }

  private decodeUtf8(from: number, to: number): string {
    try {
      return utf8.decode(this.buffer.subarray(from, to))
    } catch (cause) {
      throw new FormatError('cbor-utf8', `${this.what}: a text that is not UTF-8 at offset ${from}`, { cause })
    }
  }

  private checkSimple(major: number, info: number): void {
    if (major === MAJOR_TAG) this.fail('cbor-tag', 'a tag')
    if (info >= SIMPLE_FALSE && info <= SIMPLE_NULL) return
    if (info >= 25 && info <= 27) this.fail('cbor-float', 'a float')
    if (info === 31) this.fail('cbor-indefinite', 'a break, which belongs to an indefinite length')
    this.fail('cbor-simple', 'a simple value other than true, false and null')
  }

  private longArgument(major: number, info: number): number {
    if (info === 31 && major >= MAJOR_BYTES) this.fail('cbor-indefinite', 'an indefinite length')
    if (info > 27) this.fail('cbor-reserved', `a head with the reserved bits ${info}`)
    const size = 1 << (info - 24)
    if (this.at + size > this.buffer.length) this.fail('cbor-truncated', 'the bytes end within a head')
    const value = size === 8 ? this.u64() : this.bigEndian(size)
    if (value < (SMALLEST[info - 24] ?? 0)) this.fail('cbor-not-shortest', `${value} is not in its shortest form`)
    return value
  }

  private u64(): number {
    const high = this.bigEndian(4)
    if (high > 0x1fffff) this.fail('cbor-integer-range', 'an integer beyond 2^53−1')
    return high * 2 ** 32 + this.bigEndian(4)
  }

  private bigEndian(size: number): number {
    const { buffer } = this
    let value = 0
    for (const end = this.at + size; this.at < end; this.at += 1) value = value * 256 + (buffer[this.at] ?? 0)
    return value
  }
}
