import { concat } from '../bytes.ts'
import type { CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor.ts'
import type { Entry } from '../entry.ts'
import { encodeEntry } from '../tree.ts'
import { content, file, root } from './fixtures.ts'
import { accept, type Context, edit, fill, hex, reject, type Vector } from './vector.ts'

const target = Buffer.from('../elsewhere')
const { content: _content, ...bare } = file
const symlink: Entry = { ...bare, type: 3, mode: 0o777, target }
const fifo: Entry = { ...bare, type: 4 }
const device: Entry = { ...bare, type: 7, device: { major: 8, minor: 1 } }
const directory: Entry = { ...root, name: Buffer.from('src') }

const encoded = encodeEntry(file)
const streamValue: CborValue = [5, 0, [[5, fill(32, 0xaa)]]]
const emptyStream: CborValue = [0, 0, []]

function bad(error: string, name: string, description: string, bytes: Uint8Array, context?: Context): Vector {
  return reject('tree-entry', error, name, description, bytes, context)
}

/** The file with one field changed. */
function changed(error: string, name: string, description: string, key: number, value: CborValue | undefined): Vector {
  return bad(error, name, description, edit(encoded, [key], value))
}

function other(error: string, name: string, description: string, entry: Entry, key: number, value: CborValue | undefined): Vector {
  return bad(error, name, description, edit(encodeEntry(entry), [key], value))
}

const badName = (name: string, description: string, bytes: Uint8Array): Vector => changed('entry-name', name, description, 1, bytes)

const acceptCases: readonly Vector[] = [
  accept('tree-entry', 'file', 'a file', file),
  accept('tree-entry', 'file-all', 'a file with everything that a file may have', {
    ...file,
    name: hex('ff fe 0a'),
    mode: 0o7777,
    user: 'alice',
    group: 'büro',
    mtime: { seconds: -1, nanoseconds: 999_999_999 },
    content: { size: 9, depth: 0, items: [{ length: 5, id: fill(32, 0xaa) }, { length: 4 }] },
    link: fill(8, 7),
    xattrs: [
      { name: Buffer.from('user.a'), value: fill(0, 0) },
      { name: Buffer.from('user.b'), value: { size: 4097, depth: 0, items: [{ length: 4097, id: fill(32, 0xbb) }] } },
    ],
    sha256: fill(32, 0xcc),
    fileClass: 3,
  }),
  accept('tree-entry', 'empty-directory', 'a directory without entries', { ...directory, content: { size: 0, depth: 0, items: [] } }),
  accept('tree-entry', 'symlink', 'a symbolic link', symlink),
  accept('tree-entry', 'fifo', 'a FIFO', fifo),
  accept('tree-entry', 'device', 'a block device', device),
  accept('tree-entry', 'root', 'the root of a manifest', root, { root: true }),
  accept('tree-entry', 'longest-name', 'a name of 255 bytes', { ...file, name: fill(255, 0x61) }),
  accept('tree-entry', 'three-dots', 'a name of three dots', { ...file, name: Buffer.from('...') }),
  accept('tree-chunk', 'two-entries', 'two entries, one name the beginning of the other', [
    { ...file, name: Buffer.from('a') },
    { ...fifo, name: Buffer.from('a-') },
  ]),
  accept('tree-chunk', 'empty', 'no entries', []),
]

const formCases: readonly Vector[] = [
  bad('entry-form', 'no-map', 'an array', encodeCbor([1, 2, 3])),
  changed('entry-missing-key', 'no-name', 'no name', 1, undefined),
  changed('entry-missing-key', 'no-time', 'no modification time', 8, undefined),
  bad('entry-missing-key', 'no-keys', 'an empty map', hex('a0')),
  changed('entry-unknown-key', 'unknown-key', 'the key 16', 16, 0),
  bad('entry-unknown-key', 'key-zero', 'the key 0', edit(encoded, [0], 0)),
  bad('entry-unknown-key', 'text-key', 'a text as a key', encodeCbor(new Map<string | number, CborValue>([['name', 1]]))),
  bad('cbor-key-order', 'key-order', 'the type before the name', concat(hex('a6 02 01 01 41 61'), encoded.subarray(14))),
  bad('cbor-duplicate-key', 'duplicate-key', 'the mode twice', hex('a7 01 41 61 02 04 03 00 03 00 04 00 05 00 08 82 00 00')),
  bad('cbor-trailing', 'trailing', 'a byte behind the entry', concat(encoded, fill(1, 0))),
  bad('cbor-truncated', 'truncated', 'the last byte is missing', encoded.subarray(0, -1)),
  changed('entry-field-type', 'uid-text', 'a uid that is a text', 4, '1000'),
  changed('entry-field-type', 'mode-negative', 'a negative mode', 3, -1),
  changed('entry-field-type', 'name-text', 'a name that is a text', 1, 'notes.txt'),
  changed('entry-field-type', 'user-bytes', 'a user that is a byte string', 6, fill(5, 0x61)),
  changed('entry-field-type', 'time-parts', 'a time of three parts', 8, [0, 0, 0]),
  changed('entry-field-type', 'time-nanoseconds', 'negative nanoseconds', 8, [0, -1]),
]

const ruleCases: readonly Vector[] = [
  badName('empty-name', 'an empty name', fill(0, 0)),
  badName('dot', 'the name .', Buffer.from('.')),
  badName('dot-dot', 'the name ..', Buffer.from('..')),
  badName('slash', 'a name with a slash', Buffer.from('a/b')),
  badName('nul', 'a name with a NUL', hex('61 00')),
  badName('long-name', 'a name of 256 bytes', fill(256, 0x61)),
  bad('entry-type', 'type-0', 'type 0', edit(encodeEntry(fifo), [2], 0)),
  bad('entry-type', 'type-8', 'type 8', edit(encodeEntry(fifo), [2], 8)),
  changed('entry-mode', 'mode', 'a mode beyond 07777', 3, 0o10000),
  changed('entry-time', 'nanoseconds', 'a second of nanoseconds', 8, [0, 1_000_000_000]),
  changed('entry-content-missing', 'file-no-content', 'a file without content', 9, undefined),
  other('entry-content-missing', 'directory-no-content', 'a directory without content', directory, 9, undefined),
  other('entry-content-unexpected', 'fifo-content', 'a FIFO with content', fifo, 9, emptyStream),
  other('entry-target-missing', 'symlink-no-target', 'a symbolic link without a target', symlink, 10, undefined),
  changed('entry-target-unexpected', 'file-target', 'a file with a target', 10, target),
  other('entry-target', 'target-empty', 'an empty target', symlink, 10, fill(0, 0)),
  other('entry-target', 'target-nul', 'a target with a NUL', symlink, 10, hex('61 00 62')),
  other('entry-target', 'target-long', 'a target of 4,096 bytes', symlink, 10, fill(4096, 0x61)),
  other('entry-device-missing', 'device-missing', 'a device without its number', device, 13, undefined),
  changed('entry-device-unexpected', 'file-device', 'a file with a device number', 13, [8, 1]),
  other('entry-field-type', 'device-parts', 'a device of one number', device, 13, [8]),
  changed('entry-link', 'link-length', 'a link group of 7 bytes', 11, fill(7, 7)),
  other('entry-link-directory', 'link-directory', 'a directory with a link group', directory, 11, fill(8, 7)),
  changed('entry-xattrs-empty', 'xattrs-empty', 'an empty list of xattrs', 12, []),
  changed('entry-xattr-name', 'xattr-no-name', 'an xattr without a name', 12, [[fill(0, 0), fill(1, 1)]]),
  changed('entry-xattr-name', 'xattr-nul', 'an xattr whose name has a NUL', 12, [[hex('61 00'), fill(1, 1)]]),
  changed('entry-xattr-name', 'xattr-long-name', 'an xattr with a name of 256 bytes', 12, [[fill(256, 0x61), fill(1, 1)]]),
  changed('entry-xattr-order', 'xattr-order', 'xattrs that descend', 12, [
    [hex('62'), fill(1, 1)],
    [hex('61'), fill(1, 1)],
  ]),
  changed('entry-xattr-order', 'xattr-twice', 'an xattr twice', 12, [
    [hex('61'), fill(1, 1)],
    [hex('61'), fill(1, 2)],
  ]),
  changed('entry-xattr-place', 'xattr-inline', 'an xattr of 4,097 bytes inline', 12, [[hex('61'), fill(4097, 1)]]),
  changed('entry-xattr-place', 'xattr-stream', 'an xattr of 5 bytes as a stream', 12, [[hex('61'), streamValue]]),
  changed('entry-field-type', 'xattr-value', 'an xattr whose value is a text', 12, [[hex('61'), 'value']]),
  changed('stream-hole', 'xattr-hole', 'a hole in an xattr', 12, [[hex('61'), [5000, 0, [[5000]]]]]),
  changed('entry-sha256', 'sha256-length', 'a SHA-256 of 31 bytes', 14, fill(31, 1)),
  other('entry-sha256-unexpected', 'sha256-directory', 'a directory with a SHA-256', directory, 14, fill(32, 1)),
  changed('entry-class', 'class-0', 'class 0', 15, 0),
  changed('entry-class', 'class-4', 'class 4', 15, 4),
  other('entry-class-unexpected', 'class-directory', 'a directory with a class', directory, 15, 1),
  other('stream-hole', 'directory-hole', 'a hole in a directory', directory, 9, [5, 0, [[5]]]),
  changed('stream-sum', 'content-sum', 'content that does not add up', 9, [6, 0, [[5, fill(32, 0xaa)]]]),
  bad('entry-name', 'root-name', 'a root with a name', encodeEntry(directory), { root: true }),
  bad('entry-root', 'root-file', 'a root that is a file', edit(encoded, [1], fill(0, 0)), { root: true }),
]

const first = encodeEntry({ ...file, name: Buffer.from('a'), content })
const second = encodeEntry({ ...file, name: Buffer.from('b') })

/** Entries of directories, alone and in tree chunks. SPEC §6.7 */
export const treeCases: readonly Vector[] = [
  ...acceptCases,
  ...formCases,
  ...ruleCases,
  reject('tree-chunk', 'tree-order', 'order', 'names that descend', concat(second, first)),
  reject('tree-chunk', 'tree-order', 'twice', 'a name twice', concat(first, first)),
  reject('tree-chunk', 'cbor-truncated', 'truncated', 'an entry that ends too early', concat(first, second.subarray(0, -1))),
  reject('tree-chunk', 'entry-form', 'no-entry', 'a number behind an entry', concat(first, hex('00'))),
]
