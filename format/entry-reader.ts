// Reads tree entries (SPEC §6.7) straight from their bytes, without building CBOR values between.

import { readCbor } from './cbor.ts'
import { type CborReader, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_TEXT, MAJOR_UINT } from './cbor-reader.ts'
import { ENTRY_FILE, type Entry, type EntryTime, type EntryType, type EntryXattr, type FileClass } from './entry.ts'
import { checkEntry } from './entry-rules.ts'
import { LIMITS } from './limits.ts'
import { readStream, type Stream } from './stream.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const LAST_KEY = 15

/** Reads entries one after the other. */
export class EntryReader {
  private readonly reader: CborReader
  private readonly keys: KeyCursor
  private readonly users = new TextCache()
  private readonly groups = new TextCache()

  constructor(reader: CborReader) {
    this.reader = reader
    this.keys = new KeyCursor(reader)
  }

  /** Reads the entry at the reader's place; `root` says that it is the root of a manifest. */
  read(root: boolean): Entry {
    const from = this.reader.at
    this.keys.start()
    const entry = this.readRequired()
    this.readOptional(entry)
    this.keys.end()
    const size = this.reader.at - from
    if (size > LIMITS.entryBytes) this.reader.fail('entry-too-large', `an entry of ${size} bytes`)
    checkEntry(entry, root)
    return entry
  }

  private readRequired(): Mutable<Entry> {
    const { keys, reader } = this
    keys.require(1)
    const name = reader.bytes('entry-field-type', 'the name')
    const type = this.uint(2, 'the type')
    const mode = this.uint(3, 'the mode')
    const uid = this.uint(4, 'the uid')
    const gid = this.uint(5, 'the gid')
    const user = keys.take(6) ? this.users.read(reader, 'the user') : undefined
    const group = keys.take(7) ? this.groups.read(reader, 'the group') : undefined
    keys.require(8)
    // checkEntry refuses every number that is no type.
    const entry: Mutable<Entry> = { name, type: type as EntryType, mode, uid, gid, mtime: readTime(reader) }
    if (user !== undefined) entry.user = user
    if (group !== undefined) entry.group = group
    return entry
  }

  private uint(key: number, what: string): number {
    this.keys.require(key)
    return this.reader.uint('entry-field-type', what)
  }

  private readOptional(entry: Mutable<Entry>): void {
    const { keys, reader } = this
    if (keys.take(9)) entry.content = readStream(reader, entry.type === ENTRY_FILE)
    if (keys.take(10)) entry.target = reader.bytes('entry-field-type', 'the target')
    if (keys.take(11)) entry.link = reader.bytes('entry-field-type', 'the link group')
    if (keys.take(12)) entry.xattrs = readXattrs(reader)
    if (keys.take(13)) entry.device = readDevice(reader)
    if (keys.take(14)) entry.sha256 = reader.bytes('entry-field-type', 'the SHA-256')
    if (keys.take(LAST_KEY)) entry.fileClass = reader.uint('entry-field-type', 'the class') as FileClass
  }
}

function readTime(reader: CborReader): EntryTime {
  if (reader.array('entry-field-type', 'the time') !== 2) reader.fail('entry-field-type', 'a time is two numbers')
  return { seconds: reader.int('entry-field-type', 'the seconds'), nanoseconds: reader.uint('entry-field-type', 'the nanoseconds') }
}

function readDevice(reader: CborReader): { major: number; minor: number } {
  if (reader.array('entry-field-type', 'the device') !== 2) reader.fail('entry-field-type', 'a device is two numbers')
  return { major: reader.uint('entry-field-type', 'the major number'), minor: reader.uint('entry-field-type', 'the minor number') }
}

function readXattrs(reader: CborReader): EntryXattr[] {
  const count = reader.array('entry-field-type', 'the list of xattrs')
  const xattrs: EntryXattr[] = []
  for (let i = 0; i < count; i += 1) {
    if (reader.array('entry-field-type', 'an xattr') !== 2) reader.fail('entry-field-type', 'an xattr is a name and a value')
    xattrs.push({ name: reader.bytes('entry-field-type', 'the name of an xattr'), value: readXattrValue(reader) })
  }
  return xattrs
}

function readXattrValue(reader: CborReader): Uint8Array | Stream {
  const from = reader.at
  const major = reader.head()
  if (major === MAJOR_BYTES) return reader.take()
  if (major !== MAJOR_ARRAY) reader.fail('entry-field-type', 'the value of an xattr is neither bytes nor a stream')
  reader.at = from
  return readStream(reader, false)
}

const NO_KEY = 0

/** Walks the keys of an entry, which are integers in ascending order. */
class KeyCursor {
  private readonly reader: CborReader
  private from = 0
  private left = 0
  /** The key that was read and whose value follows. */
  private next = NO_KEY
  private last = NO_KEY

  constructor(reader: CborReader) {
    this.reader = reader
  }

  /** Goes to the entry at the reader's place. */
  start(): void {
    this.from = this.reader.at
    this.left = this.reader.map('entry-form', 'an entry')
    this.next = NO_KEY
    this.last = NO_KEY
  }

  /** Whether the value of this key follows. */
  take(key: number): boolean {
    if (this.next === NO_KEY && this.left > 0) this.read()
    if (this.next !== key) return false
    this.last = key
    this.next = NO_KEY
    return true
  }

  require(key: number): void {
    if (!this.take(key)) this.refuse('entry-missing-key', `an entry without the key ${key}`)
  }

  end(): void {
    if (this.next !== NO_KEY || this.left > 0) this.refuse('entry-unknown-key', 'an entry with a key that has no meaning in its place')
  }

  private read(): void {
    this.left -= 1
    const major = this.reader.head()
    const key = this.reader.argument
    if (major !== MAJOR_UINT || key <= this.last || key > LAST_KEY) this.refuse('entry-unknown-key', 'an entry with an unknown key')
    this.next = key
  }

  // The keys are not those of an entry: read it as any CBOR, which names keys that are out of order or doubled.
  private refuse(code: string, problem: string): never {
    this.reader.at = this.from
    readCbor(this.reader)
    this.reader.fail(code, problem)
  }
}

/** Remembers the last text: neighbours in a directory mostly have the same owner. */
class TextCache {
  private bytes: Buffer = Buffer.alloc(0)
  private text = ''

  read(reader: CborReader, what: string): string {
    const from = reader.at
    if (reader.head() !== MAJOR_TEXT) reader.fail('entry-field-type', `${what} is not a text`)
    const start = reader.at
    const length = reader.argument
    if (length === this.bytes.length && this.matches(reader.buffer, start)) {
      reader.at = start + length
      return this.text
    }
    reader.at = from
    this.text = reader.text('entry-field-type', what)
    this.bytes = reader.buffer.subarray(start, reader.at)
    return this.text
  }

  private matches(buffer: Buffer, start: number): boolean {
    const { bytes } = this
    for (let i = 0; i < bytes.length; i += 1) {
      if (buffer[start + i] !== bytes[i]) return false
    }
    return true
  }
}
