// Writes tree entries (SPEC §6.7) token by token: a test holds the bytes equal to those of cborg.

import { CborWriter } from './cbor-writer.ts'
import { ENTRY_FILE, type Entry, type EntryXattr } from './entry.ts'
import { checkEntry } from './entry-rules.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { writeStream } from './stream.ts'

const writer = new CborWriter()

/**
 * The encoded entry. `root` allows the empty name of a manifest's root. SPEC §6.7
 * @throws {FormatError} `entry-*` when the entry breaks a rule, so that nothing is stored that nobody may read.
 */
export function encodeEntry(entry: Entry, options: { readonly root?: boolean } = {}): Buffer {
  checkEntry(entry, options.root === true)
  writer.reset()
  writer.map(keyCount(entry))
  writeRequired(entry)
  writeOptional(entry)
  if (writer.length > LIMITS.entryBytes) throw new FormatError('entry-too-large', `an entry of ${writer.length} bytes`)
  return writer.copy()
}

function keyCount(entry: Entry): number {
  let count = 6
  if (entry.user !== undefined) count += 1
  if (entry.group !== undefined) count += 1
  if (entry.content !== undefined) count += 1
  if (entry.target !== undefined) count += 1
  if (entry.link !== undefined) count += 1
  if (entry.xattrs !== undefined) count += 1
  if (entry.device !== undefined) count += 1
  if (entry.sha256 !== undefined) count += 1
  if (entry.fileClass !== undefined) count += 1
  return count
}

function writeRequired(entry: Entry): void {
  writer.uint(1)
  writer.bytes(entry.name)
  writer.uint(2)
  writer.uint(entry.type)
  writer.uint(3)
  writer.uint(entry.mode)
  writer.uint(4)
  writer.uint(entry.uid)
  writer.uint(5)
  writer.uint(entry.gid)
  if (entry.user !== undefined) {
    writer.uint(6)
    writer.text(entry.user)
  }
  if (entry.group !== undefined) {
    writer.uint(7)
    writer.text(entry.group)
  }
  writer.uint(8)
  writer.array(2)
  writer.int(entry.mtime.seconds)
  writer.uint(entry.mtime.nanoseconds)
}

function writeOptional(entry: Entry): void {
  if (entry.content !== undefined) {
    writer.uint(9)
    writeStream(writer, entry.content, entry.type === ENTRY_FILE)
  }
  if (entry.target !== undefined) writeBytes(10, entry.target)
  if (entry.link !== undefined) writeBytes(11, entry.link)
  if (entry.xattrs !== undefined) writeXattrs(entry.xattrs)
  if (entry.device !== undefined) {
    writer.uint(13)
    writer.array(2)
    writer.uint(entry.device.major)
    writer.uint(entry.device.minor)
  }
  if (entry.sha256 !== undefined) writeBytes(14, entry.sha256)
  if (entry.fileClass !== undefined) {
    writer.uint(15)
    writer.uint(entry.fileClass)
  }
}

function writeBytes(key: number, value: Uint8Array): void {
  writer.uint(key)
  writer.bytes(value)
}

function writeXattrs(xattrs: readonly EntryXattr[]): void {
  writer.uint(12)
  writer.array(xattrs.length)
  for (const { name, value } of xattrs) {
    writer.array(2)
    writer.bytes(name)
    if (value instanceof Uint8Array) writer.bytes(value)
    else writeStream(writer, value, false)
  }
}
