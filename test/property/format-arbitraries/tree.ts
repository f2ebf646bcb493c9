// Streams, lists and tree entries.

import { fc } from '@fast-check/vitest'
import type { Entry, EntryXattr } from '../../../format/entry.ts'
import { isEntryName } from '../../../format/names.ts'
import type { Stream, StreamItem } from '../../../format/stream.ts'
import { bytes, id, int, plain, text, total, uint } from './basic.ts'

const chunkItem: fc.Arbitrary<StreamItem> = fc.record({ length: fc.integer({ min: 512, max: 8 << 20 }), id })
const smallItem: fc.Arbitrary<StreamItem> = fc.record({ length: fc.integer({ min: 1, max: 511 }), id })
const holeItem: fc.Arbitrary<StreamItem> = fc.record({ length: fc.integer({ min: 512, max: 2 ** 40 }) })
const listItem: fc.Arbitrary<StreamItem> = fc.record({ length: fc.integer({ min: 512, max: 2 ** 45 }), id })

function sized(depth: number, items: readonly StreamItem[]): Stream {
  return { size: total(items.map(({ length }) => length)), depth, items }
}

/** Two items may be as small as they like. */
function fewSmall(item: fc.Arbitrary<StreamItem>): fc.Arbitrary<StreamItem[]> {
  return fc.tuple(fc.array(item, { maxLength: 4 }), fc.array(smallItem, { maxLength: 2 })).map(([items, small]) => [...small, ...items])
}

function shallow(item: fc.Arbitrary<StreamItem>): fc.Arbitrary<Stream> {
  return fewSmall(item).map((items) => sized(0, items))
}

const deep: fc.Arbitrary<Stream> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.array(listItem, { minLength: 1, maxLength: 4 }))
  .map(([depth, items]) => sized(depth, items))
const directoryStream = fc.oneof(shallow(chunkItem), deep)

/** The content of a file: holes included. */
export const fileStream: fc.Arbitrary<Stream> = fc.oneof(shallow(fc.oneof(chunkItem, holeItem)), deep)
export const list = plain(fewSmall(fc.oneof(chunkItem, holeItem)).filter(({ length }) => length > 0))

const name = fc.uint8Array({ minLength: 1, maxLength: 12 }).filter(isEntryName)
const xattrName = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((value) => value.map((byte) => byte || 1))
const xattrValue = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  directoryStream.filter(({ size }) => size > 4096),
)
const xattrs: fc.Arbitrary<EntryXattr[]> = fc
  .uniqueArray(fc.record({ name: xattrName, value: xattrValue }), {
    minLength: 1,
    maxLength: 3,
    selector: (xattr) => Buffer.from(xattr.name).toString('hex'),
  })
  .map((list) => list.sort((a, b) => Buffer.compare(a.name, b.name)))

const device = fc.record({ major: uint, minor: uint })
const target = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((value) => value.map((byte) => byte || 1))
const common = {
  name,
  mode: fc.nat(0o7777),
  uid: uint,
  gid: uint,
  mtime: fc.record({ seconds: int, nanoseconds: fc.nat(999_999_999) }),
}
const optional = { user: text, group: text, xattrs }
const requiredKeys = ['name', 'mode', 'uid', 'gid', 'mtime', 'type', 'content', 'target', 'device'] as const

function ofType(types: readonly number[], fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Entry> {
  const model: Record<string, fc.Arbitrary<unknown>> = { ...common, ...optional, type: fc.constantFrom(...types), ...fields }
  return fc.record(model, { requiredKeys: requiredKeys.filter((key) => key in model) }) as unknown as fc.Arbitrary<Entry>
}

const link = bytes(8)
const directory = ofType([2], { content: directoryStream })
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  ofType([1], { content: fileStream, link, sha256: id, fileClass: fc.constantFrom(1, 2, 3) }),
  directory,
  ofType([3], { target, link }),
  ofType([4, 5], { link }),
  ofType([6, 7], { device, link }),
)

export const entries: fc.Arbitrary<Entry[]> = fc
  .uniqueArray(entry, { maxLength: 5, selector: (one) => Buffer.from(one.name).toString('hex') })
  .map((list) => list.sort((a, b) => Buffer.compare(a.name, b.name)))

/** The root of a manifest. */
export const rootDirectory: fc.Arbitrary<Entry> = directory.map((one) => ({ ...one, name: new Uint8Array(0) }))
