// Extended attributes of an entry: short values inline, long ones as chunks of data. SPEC §6.7 field 12.

import type { Stream } from '../../../format/stream.ts'
import type { Xattr } from '../../runtime/posix/xattr.ts'

const INLINE_BYTES = 4096
const NONE: readonly EntryXattr[] = []

export interface EntryXattr {
  readonly name: Uint8Array
  readonly value: Uint8Array | Stream
}

/** Whether a value is too long to stand in an entry. */
export function isLong(value: Uint8Array): boolean {
  return value.length > INLINE_BYTES
}

/** The attributes as an entry holds them. */
export function xattrsOf(xattrs: readonly Xattr[], putData: (bytes: Uint8Array) => Uint8Array): readonly EntryXattr[] {
  if (xattrs.length === 0) return NONE
  return xattrs.map(({ name, value }) => {
    if (!isLong(value)) return { name, value }
    const id = putData(value)
    return { name, value: { size: value.length, depth: 0, items: [{ length: value.length, id }] } }
  })
}
