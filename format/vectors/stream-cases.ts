import type { CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor.ts'
import { accept, type Context, fill, hex, reject, type Vector } from './vector.ts'

const MIB = 1024 * 1024
const id = fill(32, 0xaa)

function bad(error: string, name: string, description: string, value: CborValue, context?: Context): Vector {
  return reject('stream', error, name, description, encodeCbor(value), context)
}

function badList(error: string, name: string, description: string, value: CborValue, context?: Context): Vector {
  return reject('list', error, name, description, encodeCbor(value), context)
}

/** Streams and list chunks. SPEC §6.6 */
export const streamCases: readonly Vector[] = [
  accept('stream', 'empty', 'no content', { size: 0, depth: 0, items: [] }),
  accept('stream', 'one-chunk', 'one chunk', { size: 5, depth: 0, items: [{ length: 5, id }] }),
  accept('stream', 'hole', 'a hole of 1 GiB between two chunks', {
    size: 1024 * MIB + 3,
    depth: 0,
    items: [{ length: 1, id }, { length: 1024 * MIB }, { length: 2, id: fill(32, 0xbb) }],
  }),
  accept('stream', 'depth-4', 'a list of lists', { size: 2 ** 53 - 1, depth: 4, items: [{ length: 2 ** 53 - 1, id }] }),
  bad('stream-form', 'no-array', 'a number', 5),
  bad('stream-form', 'two-parts', 'two parts', [0, []]),
  bad('stream-size', 'size', 'a size that is a text', ['0', 0, []]),
  bad('stream-depth', 'depth', 'a negative depth', [0, -1, []]),
  bad('stream-too-deep', 'too-deep', 'depth 5', [5, 5, [[5, id]]]),
  bad('stream-items', 'items', 'items that are no array', [0, 0, 0]),
  reject('stream', 'stream-too-many-items', 'too-many-items', '4,097 items', hex('83 19 1001 00 99 1001')),
  bad('stream-item', 'item-form', 'an item that is a number', [5, 0, [5]]),
  bad('stream-item', 'item-parts', 'an item of three parts', [5, 0, [[5, id, 0]]]),
  bad('stream-item', 'item-no-parts', 'an item of no parts', [5, 0, [[]]]),
  bad('stream-item-length', 'item-length', 'a length that is a text', [5, 0, [['5', id]]]),
  bad('stream-item-empty', 'item-empty', 'an item of no bytes', [
    5,
    0,
    [
      [5, id],
      [0, id],
    ],
  ]),
  bad('stream-id', 'id-type', 'an id that is a text', [5, 0, [[5, 'id']]]),
  bad('stream-id', 'id-length', 'an id of 31 bytes', [5, 0, [[5, fill(31, 1)]]]),
  bad('stream-hole', 'hole-in-list', 'a hole among list chunks', [5, 1, [[5]]]),
  bad('stream-hole', 'hole-in-directory', 'a hole outside a file', [5, 0, [[5]]], { holes: false }),
  bad('stream-chunk-too-large', 'chunk-too-large', 'a chunk of 8 MiB and one byte', [8 * MIB + 1, 0, [[8 * MIB + 1, id]]]),
  bad('stream-sum', 'sum', 'items that do not add up to the size', [6, 0, [[5, id]]]),
  bad('stream-sum', 'sum-overflow', 'items that add up to more than 2^53', [
    2 ** 53 - 1,
    1,
    [
      [2 ** 53 - 1, id],
      [2 ** 53 - 1, id],
    ],
  ]),
  accept('stream', 'finest', 'as many items as their bytes allow', {
    size: 1024,
    depth: 0,
    items: [1, 1021, 1, 1].map((length) => ({ length, id })),
  }),
  bad('stream-too-fine', 'too-fine', 'four items that cover 1,023 bytes', [1023, 0, [1, 1020, 1, 1].map((length) => [length, id])]),
  bad('stream-too-fine', 'too-fine-lists', 'lists that repeat one chunk of one byte', [3, 2, [1, 1, 1].map((length) => [length, id])]),
  bad('stream-empty-depth', 'empty-depth', 'no content at depth 1', [0, 1, []]),
  accept('list', 'chunks', 'chunks of content and a hole', [{ length: 5, id }, { length: 9 }]),
  accept('list', 'lists', 'list chunks', [{ length: 64 * MIB, id }], { depth: 2 }),
  accept('list', 'finest', 'as many items as their bytes allow', [{ length: 1, id }, { length: 1 }, { length: 510, id }]),
  badList('stream-too-fine', 'too-fine', 'three items that cover 511 bytes', [[1, id], [1], [509, id]]),
  badList(
    'stream-too-fine',
    'too-fine-lists',
    'a list that names one list of one byte three times',
    [1, 1, 1].map((length) => [length, id]),
    { depth: 1 },
  ),
  badList('stream-list-empty', 'empty', 'a list without items', []),
  badList('stream-items', 'no-array', 'a map', {}),
  badList('stream-hole', 'hole', 'a hole among list chunks', [[5]], { depth: 1 }),
  badList('stream-hole', 'hole-in-directory', 'a hole in the list of a directory', [[5]], { holes: false }),
  badList('stream-chunk-too-large', 'chunk-too-large', 'a chunk of 8 MiB and one byte', [[8 * MIB + 1, id]]),
  reject('list', 'stream-too-many-items', 'too-many-items', '4,097 items', hex('99 1001')),
  reject('list', 'cbor-trailing', 'trailing', 'a byte behind the list', hex(`81 82 05 5820 ${'aa'.repeat(32)} 00`)),
]
