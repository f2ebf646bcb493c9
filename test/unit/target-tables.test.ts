import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orderByBlock, type PlannedBlock } from '../../src/operations/restore/block-order.ts'
import { float64Column, RecordColumn, recordAt, uint32Column } from '../../src/operations/restore/columns.ts'
import { directoryLevels } from '../../src/operations/restore/directory-levels.ts'
import { planFetches } from '../../src/operations/restore/fetch-plan.ts'
import type { RestoreWorkerData } from '../../src/operations/restore/messages.ts'
import { RestoreThreads } from '../../src/operations/restore/threads.ts'
import type { IndexedBlock, IndexedPack } from '../../src/repository/objects/chunk-index.ts'
import { DirectoryHandles } from '../../src/targets/directory-handles.ts'
import { DirectoryTable, DirectoryTableBuilder } from '../../src/targets/directory-table.ts'
import { countedProperties } from '../support/properties.ts'

const property = countedProperties('property-tables')

const MIB = 1 << 20

describe('the table of directories', () => {
  test('knows names, parents and paths, from any thread', () => {
    const builder = new DirectoryTableBuilder()
    const a = builder.add(0, Buffer.from('a'))
    const b = builder.add(a, Buffer.from([0xff]))
    const table = new DirectoryTable(structuredClone(builder.build().columns))
    expect(table.count).toBe(3)
    expect(table.path(0).toString()).toBe('')
    expect(table.path(b, Buffer.from('file')).toString('latin1')).toBe('a/\xff/file')
    expect(table.parent(b)).toBe(a)
    table.leaveOut(b)
    expect([table.isLeftOut(a), table.isLeftOut(b)]).toEqual([false, true])
  })
  test('levels go from the top down', () => {
    const builder = new DirectoryTableBuilder()
    for (const parent of [0, 1, 1, 0, 3]) builder.add(parent, Buffer.from('x'))
    expect(directoryLevels(builder.build()).map((level) => [...level])).toEqual([[1, 4], [2, 3], [5]])
  })
})

describe('handles of directories', () => {
  let base: string
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'cairn-handles-'))
  })
  afterEach(() => rmSync(base, { recursive: true }))

  test('are never more than their capacity, and lead to the right place', () => {
    const builder = new DirectoryTableBuilder()
    const paths = [base]
    for (let i = 0; i < 200; i++) {
      const parent = i < 100 ? i : i % 7
      paths.push(join(paths[parent]!, `d${i}`))
      mkdirSync(paths.at(-1)!)
      builder.add(parent, Buffer.from(`d${i}`))
    }
    const rootFd = openSync(base, 'r')
    const handles = new DirectoryHandles({ table: builder.build(), rootFd, device: statSync(base).dev, capacity: 4 })
    const before = readdirSync('/proc/self/fd').length
    for (const index of [0, 200, 3, 100, 99, 150, 1, 100]) {
      const fd = handles.get(index)
      expect(statSync(`/proc/self/fd/${fd}`).ino).toBe(statSync(paths[index]!).ino)
      expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 4)
    }
    handles.close()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

describe('columns', () => {
  property([fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 50 })])('records come back as they were', (records) => {
    const column = new RecordColumn()
    for (const record of records) column.push(record)
    const shared = column.share()
    expect(records.map((_, i) => [...recordAt(shared, i)])).toEqual(records.map((record) => [...record]))
  })
  property([fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 5000 })])('numbers come back as they were', (numbers) => {
    for (const column of [uint32Column(), float64Column()]) {
      for (const number of numbers) column.push(number)
      expect([...column.share()]).toEqual(numbers)
    }
  })
})

function blocksOf(packs: readonly (readonly number[])[]): PlannedBlock[] {
  return packs.flatMap((numbers, p) => {
    const pack = { id: Buffer.from([p]), kind: 1 } as unknown as IndexedPack
    return numbers.map((number) => ({
      pack,
      block: { number, offset: 1200 + number * MIB, sealedBytes: MIB, rawBytes: MIB } as IndexedBlock,
    }))
  })
}

describe('order by block', () => {
  property([fc.array(fc.nat({ max: 7 }), { maxLength: 200 })])(
    'each wanted piece once, in the order of the walk within its block',
    (blockOf) => {
      const blocks = blocksOf([
        [2, 0, 1],
        [0, 3],
      ])
      const order = orderByBlock(Uint32Array.from(blockOf), blocks)
      const seen: number[] = []
      order.blocks.forEach((planned, i) => {
        const pieces = [...order.pieces.subarray(i === 0 ? 0 : order.ends[i - 1], order.ends[i])]
        expect(pieces.length).toBeGreaterThan(0)
        expect(pieces).toEqual(pieces.toSorted((a, b) => a - b))
        for (const piece of pieces) expect(blocks[blockOf[piece]!]).toBe(planned)
        seen.push(...pieces)
      })
      expect(seen.toSorted((a, b) => a - b)).toEqual(blockOf.flatMap((number, piece) => (number < blocks.length ? [piece] : [])))
      const places = order.blocks.map(({ pack, block }) => pack.id[0]! * 100 + block.number)
      const packs = order.blocks.map(({ pack }) => pack)
      expect(new Set(packs).size).toBe(packs.filter((pack, i) => pack !== packs[i - 1]).length)
      for (let i = 1; i < places.length; i++) if (packs[i] === packs[i - 1]) expect(places[i]).toBeGreaterThan(places[i - 1]!)
    },
  )
})

describe('reads of the store', () => {
  test('a whole pack in pieces of 8 MiB, the header with the first', () => {
    const fetches = planFetches(blocksOf([Array.from({ length: 20 }, (_, i) => i)]))
    expect(fetches.map(({ first, end }) => [first, end])).toEqual([
      [0, 8],
      [8, 16],
      [16, 20],
    ])
    expect(fetches[0]).toMatchObject({ offset: 0, length: 8 * MIB + 1200 })
    expect(fetches[1]).toMatchObject({ offset: 8 * MIB + 1200, length: 8 * MIB })
  })
  test('ranges where little is wanted; packs never mix', () => {
    const fetches = planFetches(blocksOf([[3, 4, 9], [5]]))
    expect(fetches.map(({ offset, length }) => [offset, length])).toEqual([
      [3 * MIB + 1200, 2 * MIB],
      [9 * MIB + 1200, MIB],
      [5 * MIB + 1200, MIB],
    ])
  })
  test('nothing wanted, nothing read', () => expect(planFetches([])).toEqual([]))
})

describe('threads', () => {
  test('that die fail their jobs, and closing them does not wait for ever', async () => {
    const hands = new RestoreThreads(2).hands({} as unknown as RestoreWorkerData)
    await expect(hands.run({ kind: 'close' })).rejects.toThrow(/undefined/)
    await hands.close()
    await expect(hands.run({ kind: 'close' })).rejects.toThrow(/undefined/)
  })
})
