// Writes deterministic CBOR token by token into one growing buffer; directly for tree entries and lists, of which there are millions.

import { SIMPLE_FALSE, SIMPLE_NULL, SIMPLE_TRUE } from './cbor-reader.ts'
import { FormatError } from './format-error.ts'

const START_BYTES = 512

export class CborWriter {
  private buffer = Buffer.allocUnsafeSlow(START_BYTES)
  private at = 0

  get length(): number {
    return this.at
  }

  reset(): void {
    this.at = 0
  }

  /** What has been written, as bytes of its own. */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.at))
  }

  uint(value: number): void {
    this.head(0x00, value)
  }

  int(value: number): void {
    if (value >= 0) return this.head(0x00, value)
    if (!Number.isSafeInteger(value)) this.refuse(value)
    this.head(0x20, -1 - value)
  }

  array(count: number): void {
    this.head(0x80, count)
  }

  map(count: number): void {
    this.head(0xa0, count)
  }

  bytes(value: Uint8Array): void {
    const { length } = value
    this.head(0x40, length)
    this.raw(value)
  }

  text(value: string): void {
    if (!value.isWellFormed()) throw new FormatError('cbor-utf8', 'a text with a lone surrogate has no UTF-8')
    const length = Buffer.byteLength(value)
    this.head(0x60, length)
    this.reserve(length)
    this.buffer.write(value, this.at, length, 'utf8')
    this.at += length
  }

  boolean(value: boolean): void {
    this.head(0xe0, value ? SIMPLE_TRUE : SIMPLE_FALSE)
  }

  null(): void {
    this.head(0xe0, SIMPLE_NULL)
  }

  /** What is encoded already. */
  raw(encoded: Uint8Array): void {
    this.reserve(encoded.length)
    this.buffer.set(encoded, this.at)
    this.at += encoded.length
  }

  private head(major: number, value: number): void {
    this.reserve(9)
    const { buffer, at } = this
    if (value < 24) {
      if (!(value >= 0) || !Number.isInteger(value)) this.refuse(value)
      buffer[at] = major | value
      this.at = at + 1
    } else if (value < 0x100) {
      if (!Number.isInteger(value)) this.refuse(value)
      buffer[at] = major | 24
      buffer[at + 1] = value
      this.at = at + 2
    } else this.longHead(major, value)
  }

  private longHead(major: number, value: number): void {
    if (!Number.isSafeInteger(value)) this.refuse(value)
    const { buffer, at } = this
    if (value < 0x10000) {
      buffer[at] = major | 25
      this.at = buffer.writeUInt16BE(value, at + 1)
    } else if (value < 0x100000000) {
      buffer[at] = major | 26
      this.at = buffer.writeUInt32BE(value, at + 1)
    } else {
      buffer[at] = major | 27
      buffer.writeUInt32BE(Math.floor(value / 2 ** 32), at + 1)
      this.at = buffer.writeUInt32BE(value >>> 0, at + 5)
    }
  }

  private refuse(value: number): never {
    throw new FormatError('cbor-integer-range', `${value} is not an integer of this place within ±(2^53−1)`)
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }
}
