// A directory as a sequence of entries, strictly ascending by name (SPEC §6.7). The rules of one entry stand in entry-rules.ts.

import { asBuffer, toHex } from './bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { CborReader } from './cbor-reader.ts'
import type { Entry } from './entry.ts'
import { EntryReader } from './entry-reader.ts'
import { encodeEntry } from './entry-writer.ts'
import { FormatError } from './format-error.ts'

export * from './entry.ts'
export { encodeEntry } from './entry-writer.ts'

/**
 * The entry of exactly these bytes. `root` allows the empty name of a manifest's root, and nothing else. SPEC §6.7
 * @throws {FormatError} `entry-*`, `stream-*` or `cbor-*`.
 */
export function decodeEntry(bytes: Uint8Array, options: { readonly root?: boolean } = {}): Entry {
  const reader = new CborReader(bytes, 'entry')
  const entry = new EntryReader(reader).read(options.root === true)
  reader.end()
  return entry
}

/**
 * The entries of a tree chunk; byte strings are views of it. `after` is the last name of the chunk before. SPEC §6.7
 * @throws {FormatError} `tree-order` when names do not ascend, and what decodeEntry throws.
 */
export function decodeEntries(chunk: Uint8Array, after?: Uint8Array): Entry[] {
  const reader = new CborReader(chunk, 'tree chunk')
  const entryReader = new EntryReader(reader)
  const entries: Entry[] = []
  let previous = after === undefined ? undefined : asBuffer(after)
  while (!reader.done) {
    const from = reader.at
    const entry = entryReader.read(false)
    const name = asBuffer(entry.name)
    if (previous !== undefined && Buffer.compare(previous, name) >= 0) refuseOrder(previous, name, from)
    previous = name
    entries.push(entry)
  }
  return entries
}

/**
 * The bytes of a tree chunk.
 * @throws {FormatError} when an entry breaks a rule, or names do not ascend.
 */
export function encodeEntries(entries: readonly Entry[]): Buffer {
  entries.forEach((entry, i) => {
    const previous = entries[i - 1]
    if (previous !== undefined && Buffer.compare(previous.name, entry.name) >= 0) refuseOrder(previous.name, entry.name, i)
  })
  return Buffer.concat(entries.map((entry) => encodeEntry(entry)))
}

/** The entry as a CBOR value: the root of a manifest. SPEC §6.5 */
export function entryToCbor(entry: Entry, options: { readonly root?: boolean } = {}): CborValue {
  return decodeCbor(encodeEntry(entry, options))
}

/**
 * The entry of a decoded CBOR value. SPEC §6.5
 * @throws {FormatError} what decodeEntry throws.
 */
export function entryFromCbor(value: CborValue, options: { readonly root?: boolean } = {}): Entry {
  return decodeEntry(encodeCbor(value), options)
}

function refuseOrder(previous: Uint8Array, name: Uint8Array, place: number): never {
  throw new FormatError('tree-order', `the name ${toHex(name)} at ${place} does not come after ${toHex(previous)}`)
}
