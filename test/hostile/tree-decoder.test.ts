// Trees as an attacker with write keys would store them: the decoder and the walk of a plan refuse them before anything is created.

import { describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { LIMITS } from '../../format/limits.ts'
import type { Stream } from '../../format/stream.ts'
import { decodeEntries, decodeEntry, ENTRY_CHARACTER, ENTRY_DIRECTORY, ENTRY_SYMLINK, type Entry, encodeEntry } from '../../format/tree.ts'
import { PlanWalk, type Walked, type WalkOptions } from '../../src/operations/restore/plan-walk.ts'
import { entryAt, HOW_LINK, HOW_PLAIN } from '../../src/operations/restore/planned-columns.ts'
import { ChunkIndex } from '../../src/repository/objects/chunk-index.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { codeOf, entry, file as fileOf } from './hostile-fixture.ts'

const EMPTY: Stream = { size: 0, depth: 0, items: [] }

function file(name: string, changes: Partial<Entry> = {}): Entry {
  return fileOf(name, { content: EMPTY, ...changes })
}

/** The bytes of a valid entry with some of them replaced: what the encoder itself refuses to write. */
function forged(valid: Entry, from: Uint8Array | string, to: Uint8Array | string): Buffer {
  const bytes = encodeEntry(valid)
  const at = bytes.indexOf(from)
  expect(at).toBeGreaterThan(0)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + from.length)])
}

const refused = (bytes: Uint8Array): string => codeOf(() => decodeEntry(bytes))

describe('names', () => {
  test.each([
    ['..', 'ab', '..'],
    ['a slash', 'abc', 'a/c'],
    ['an absolute path', 'abcd', '/etc'],
    ['NUL', 'abc', 'a\0c'],
  ])('%s', (_, name, hostile) => {
    expect(refused(forged(file(name), name, hostile))).toBe('entry-name')
  })
  test('a dot', () => expect(refused(forged(file('x'), 'Ax', 'A.'))).toBe('entry-name'))
  test('no name', () => expect(refused(forged(file('x'), Buffer.from('4178', 'hex'), Buffer.from('40', 'hex')))).toBe('entry-name'))
  test('256 bytes', () => {
    const long = Buffer.concat([Buffer.from('590100', 'hex'), Buffer.alloc(256, 'a')])
    expect(refused(forged(file('x'), Buffer.from('4178', 'hex'), long))).toBe('entry-name')
  })
  test('the empty name passes for a root only', () => {
    const root = { ...entry('', ENTRY_DIRECTORY), content: { size: 0, depth: 0, items: [] } }
    expect(codeOf(() => decodeEntry(encodeEntry(root, { root: true })))).toBe('entry-name')
  })
})

describe('order', () => {
  test('a name twice', () => {
    expect(codeOf(() => decodeEntries(Buffer.concat([encodeEntry(file('a')), encodeEntry(file('a'))])))).toBe('tree-order')
  })
  test('a symlink and a directory of one name', () => {
    const symlink = encodeEntry(entry('a', ENTRY_SYMLINK, { target: Buffer.from('/etc') }))
    const directory = encodeEntry(entry('a', ENTRY_DIRECTORY, { content: { size: 0, depth: 0, items: [] } }))
    expect(codeOf(() => decodeEntries(Buffer.concat([symlink, directory])))).toBe('tree-order')
  })
  test('names that descend, within a chunk and across two', () => {
    expect(codeOf(() => decodeEntries(Buffer.concat([encodeEntry(file('b')), encodeEntry(file('a'))])))).toBe('tree-order')
    expect(codeOf(() => decodeEntries(encodeEntry(file('a')), Buffer.from('b')))).toBe('tree-order')
  })
})

describe('fields', () => {
  test('a symlink whose target holds NUL', () => {
    expect(refused(forged(entry('x', ENTRY_SYMLINK, { target: Buffer.from('ab') }), 'Bab', 'Ba\0'))).toBe('entry-target')
  })
  test('a file with a target, and a symlink without', () => {
    expect(codeOf(() => encodeEntry(file('x', { target: Buffer.from('/etc') })))).toBe('entry-target-unexpected')
    expect(codeOf(() => encodeEntry(entry('x', ENTRY_SYMLINK)))).toBe('entry-target-missing')
  })
  test('an unknown type', () => expect(codeOf(() => encodeEntry({ ...entry('x', 2), type: 8 as never }))).toBe('entry-type'))
  test('a mode with bits of the type', () => expect(codeOf(() => encodeEntry(file('x', { mode: 0o120777 })))).toBe('entry-mode'))
  test('a directory in a group of hard links', () => {
    const linked = entry('x', ENTRY_DIRECTORY, { content: { size: 0, depth: 0, items: [] }, link: Buffer.alloc(8) })
    expect(codeOf(() => encodeEntry(linked))).toBe('entry-link-directory')
  })
  test('a device without numbers', () => expect(codeOf(() => encodeEntry(entry('x', ENTRY_CHARACTER)))).toBe('entry-device-missing'))
  test('10^9 nanoseconds', () => {
    expect(codeOf(() => encodeEntry(file('x', { mtime: { seconds: 0, nanoseconds: 1_000_000_000 } })))).toBe('entry-time')
  })
  test('xattrs twice, and with NUL in a name', () => {
    const x = { name: Buffer.from('user.a'), value: Buffer.from('1') }
    expect(codeOf(() => encodeEntry(file('x', { xattrs: [x, x] })))).toBe('entry-xattr-order')
    expect(codeOf(() => encodeEntry(file('x', { xattrs: [{ ...x, name: Buffer.from('user.\0') }] })))).toBe('entry-xattr-name')
  })
  test('an entry that is cut off, or goes on', () => {
    const bytes = encodeEntry(file('x'))
    expect(refused(bytes.subarray(0, -1))).toMatch(/^(cbor|entry|stream)-/)
    expect(refused(Buffer.concat([bytes, Buffer.from([0])]))).toMatch(/^cbor-/)
  })
})

/** A repository of nothing but trees: each directory's stream is the number of its entries in `trees`. */
async function walk(trees: readonly (readonly Entry[] | (() => readonly Entry[]))[], options: WalkOptions = {}): Promise<Walked> {
  const repository = {
    async *readTree({ size }: Stream) {
      const tree = trees[size]!
      yield* typeof tree === 'function' ? tree() : tree
    },
  } as unknown as Repository
  const root = directory('', 0)
  const planned = new PlanWalk(repository, new ChunkIndex(), options, root)
  await planned.run(root)
  return planned.result()
}

function directory(name: string, tree: number): Entry {
  return entry(name, ENTRY_DIRECTORY, { content: { size: tree, depth: 0, items: [] } })
}

describe('the walk', () => {
  const GROUP = Buffer.alloc(8, 5)

  test('a directory that contains itself (impossible by hash) ends at the limit of depth', async () => {
    const work = walk([[directory('a', 0)]])
    await expect(work).rejects.toMatchObject({ code: 'tree-depth' })
  }, 60_000)
  test('hard links are made within the restored part only: the first name there becomes the file', async () => {
    const { columns, counts } = await walk([
      [directory('a', 1), directory('b', 1)],
      [file('x', { link: GROUP, content: { size: 0, depth: 0, items: [] } })],
    ])
    const { entries } = columns.share()
    expect([...entries.hows]).toEqual([HOW_PLAIN, HOW_LINK])
    expect([...entries.sources]).toEqual([0, 0])
    expect(counts).toMatchObject({ files: 2, links: 1, directories: 2 })
  })
  test('a group whose names differ is no group: no file takes the content or mode of another', async () => {
    const empty = { size: 0, depth: 0, items: [] }
    const { columns, problems } = await walk([
      [
        file('a', { link: GROUP, content: empty }),
        file('b', { link: GROUP, content: empty, mode: 0o4755 }),
        file('c', { link: GROUP, content: empty }),
      ],
    ])
    expect([...columns.share().entries.hows]).toEqual([HOW_PLAIN, HOW_PLAIN, HOW_LINK])
    expect(problems.map(({ path, kind }) => [Buffer.from(path).toString(), kind])).toEqual([['b', 'link']])
  })
  test('a group that joins a symlink and a file is no group', async () => {
    const { columns } = await walk([
      [
        file('a', { link: GROUP, content: { size: 0, depth: 0, items: [] } }),
        entry('b', ENTRY_SYMLINK, { link: GROUP, target: Buffer.from('/etc/passwd') }),
      ],
    ])
    expect([...columns.share().entries.hows]).toEqual([HOW_PLAIN, HOW_PLAIN])
  })
  test('a chunk that no index knows is looked for by the main thread, and costs no memory for its size', async () => {
    const id = Buffer.alloc(32, 9)
    const items = Array.from({ length: 4096 }, () => ({ length: LIMITS.chunkBytes, id }))
    const { columns } = await walk([[file('huge', { content: { size: items.length * LIMITS.chunkBytes, depth: 0, items } })]])
    const { entries, order } = columns.share()
    expect(order.blocks).toEqual([])
    expect(entryAt(entries, 0).content?.size).toBe(4096 * LIMITS.chunkBytes)
  })
  test('an entry survives its way through the columns', async () => {
    const whole = file('name', {
      xattrs: [{ name: Buffer.from('user.x'), value: Buffer.from('y') }],
      user: 'u',
      group: 'g',
      link: GROUP,
      sha256: Buffer.alloc(32, 3),
    })
    const { columns } = await walk([[{ ...whole, content: { size: 5, depth: 0, items: [{ length: 5 }] } }]])
    expect(toHex(encodeEntry({ ...entryAt(columns.share().entries, 0), content: { size: 0, depth: 0, items: [] } }))).toBe(
      toHex(encodeEntry({ ...whole, content: { size: 0, depth: 0, items: [] } })),
    )
  })
  test('an error in the middle of a tree is not swallowed unless the restore keeps going', async () => {
    const broken = (): readonly Entry[] => decodeEntries(Buffer.from('junk'))
    const trees = [[directory('a', 1), file('b', { content: { size: 0, depth: 0, items: [] } })], broken]
    await expect(walk(trees)).rejects.toMatchObject({ name: 'FormatError' })
    const { problems, counts } = await walk(trees, { keepGoing: true })
    expect(problems.map(({ path, kind }) => [Buffer.from(path).toString(), kind])).toEqual([['a', 'damaged']])
    expect(counts).toMatchObject({ files: 1, directories: 1 })
  })
})
