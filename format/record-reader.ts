// Typed access to the fields of a decoded record (SPEC §5-§7). Every key must be asked for: end() refuses the others.

import { asBuffer } from './bytes.ts'
import type { CborRecord, CborValue } from './cbor.ts'
import { FormatError } from './format-error.ts'

/** The fields of one map. Codes are `<name>-<field>`, as in `manifest-backup-id`. */
export class RecordReader {
  private readonly name: string
  private readonly record: CborRecord
  private readonly unread: Set<string>

  /** @throws {FormatError} `<name>-form` when the value is no map with texts for keys. */
  constructor(name: string, value: CborValue) {
    this.name = name
    this.record = asRecord(value, `${name}-form`, name)
    this.unread = new Set(Object.keys(this.record))
  }

  has(key: string): boolean {
    return Object.hasOwn(this.record, key)
  }

  /** The value, whatever it is. */
  value(key: string): CborValue {
    const value = this.record[key]
    if (value === undefined) throw new FormatError(`${this.name}-missing-key`, `${withArticle(this.name)} without ${JSON.stringify(key)}`)
    this.unread.delete(key)
    return value
  }

  /** Exactly `length` bytes, or any number. */
  bytes(key: string, length?: number): Buffer {
    return asBytes(this.value(key), this.code(key), this.field(key), length)
  }

  uint(key: string): number {
    return asUint(this.value(key), this.code(key), this.field(key))
  }

  int(key: string): number {
    const value = this.value(key)
    return typeof value === 'number' ? value : this.refuse(key, 'is not an integer')
  }

  /** A text of at most `maxBytes` bytes of UTF-8. */
  text(key: string, { maxBytes }: { maxBytes?: number } = {}): string {
    return asText(this.value(key), this.code(key), this.field(key), maxBytes)
  }

  bool(key: string): boolean {
    const value = this.value(key)
    return typeof value === 'boolean' ? value : this.refuse(key, 'is neither true nor false')
  }

  /** Each item of an array, read by `read`. */
  array<T>(key: string, read: (item: CborValue, code: string, what: string) => T, range: { min?: number; max?: number } = {}): T[] {
    const items = asArray(this.value(key), this.code(key), this.field(key))
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = range
    if (items.length < min || items.length > max) this.refuse(key, `has ${items.length} items`)
    return items.map((item) => read(item, this.code(key), `an item of ${this.field(key)}`))
  }

  /** A map with texts for keys and values, which have at most `maxBytes` bytes of UTF-8. */
  texts(key: string, { max, maxBytes }: { max?: number; maxBytes?: number } = {}): Record<string, string> {
    const texts = this.map(key, (item, code, what) => asText(item, code, what, maxBytes))
    const count = Object.keys(texts).length
    return max !== undefined && count > max ? this.refuse(key, `has ${count} items`) : texts
  }

  /** A map with texts for keys, whose values are read by `read`. */
  map<T>(key: string, read: (item: CborValue, code: string, what: string) => T): Record<string, T> {
    const record = asRecord(this.value(key), this.code(key), this.field(key))
    const result: Record<string, T> = Object.create(null)
    for (const [name, value] of Object.entries(record)) result[name] = read(value, this.code(key), `a value of ${this.field(key)}`)
    return result
  }

  /** One of a list of texts. */
  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    const text = this.text(key)
    return choices.find((choice) => choice === text) ?? this.refuse(key, `is ${JSON.stringify(text.slice(0, 64))}`)
  }

  /** The field `v` or the like: exactly this number. */
  version(key: string, expected: number): void {
    const version = this.uint(key)
    if (version === expected) return
    throw new FormatError(`${this.name}-version`, `${withArticle(this.name)} of version ${version}`, {
      hint: 'A newer version of the program may read it.',
    })
  }

  refuse(key: string, problem: string): never {
    throw new FormatError(this.code(key), `${this.field(key)} ${problem}`)
  }

  /** Requires that every key has been read. */
  end(): void {
    for (const key of this.unread) {
      throw new FormatError(
        `${this.name}-unknown-key`,
        `${withArticle(this.name)} with the unknown key ${JSON.stringify(key.slice(0, 64))}`,
      )
    }
  }

  private code(key: string): string {
    return `${this.name}-${key.replace('KiB', 'Kib').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  }

  private field(key: string): string {
    return `${JSON.stringify(key)} of ${withArticle(this.name)}`
  }
}

export function asBytes(value: CborValue, code: string, what: string, length?: number): Buffer {
  if (!(value instanceof Uint8Array)) throw new FormatError(code, `${what} is not a byte string`)
  if (length !== undefined && value.length !== length) throw new FormatError(code, `${what} has ${value.length} bytes instead of ${length}`)
  return asBuffer(value)
}

/** For arrays of ids. */
export function asId(value: CborValue, code: string, what: string): Buffer {
  return asBytes(value, code, what, 32)
}

export function asUint(value: CborValue, code: string, what: string): number {
  if (typeof value !== 'number' || value < 0) throw new FormatError(code, `${what} is not an unsigned integer`)
  return value
}

export function asText(value: CborValue, code: string, what: string, maxBytes = Number.MAX_SAFE_INTEGER): string {
  if (typeof value !== 'string') throw new FormatError(code, `${what} is not a text`)
  const bytes = Buffer.byteLength(value)
  if (bytes > maxBytes) throw new FormatError(code, `${what} has ${bytes} bytes; at most ${maxBytes} are allowed`)
  return value
}

export function asArray(value: CborValue, code: string, what: string): readonly CborValue[] {
  if (!Array.isArray(value)) throw new FormatError(code, `${what} is not an array`)
  return value
}

export function asRecord(value: CborValue, code: string, what: string): CborRecord {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value) || value instanceof Map) {
    throw new FormatError(code, `${what} is not a map with texts for keys`)
  }
  return value as CborRecord
}

/** The name of a record in a sentence: `a manifest`, `an identity`. */
export function withArticle(name: string): string {
  return `${'aeiou'.includes(name.charAt(0)) ? 'an' : 'a'} ${name}`
}
