import { expect, test } from 'vitest'
import { packKey } from '../../format/store-key.ts'
import { StoreError } from '../../src/errors.ts'
import { forgetGone } from '../../src/operations/verify/forget-gone.ts'
import { PackHealth } from '../../src/operations/verify/pack-health.ts'
import { ProblemList } from '../../src/operations/verify/problems.ts'
import type { LoadedIndex } from '../../src/repository/objects/segments.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { FaultyStore } from '../support/faulty-store.ts'

const NO_INDEX = { index: { packs: [] } } as unknown as LoadedIndex
const idOf = (n: number): Buffer => Buffer.alloc(32, n)
const listed = (): PackHealth => new PackHealth(new Map(), new ProblemList())

async function forgotten(store: FaultyStore): Promise<string[]> {
  const known = new Map([1, 2, 3].map((n) => [idOf(n).toString('hex'), { at: n, ok: false }]))
  const gone: string[] = []
  const memory = { verified: () => known, remember: () => undefined, forget: (packs: Iterable<string>) => void gone.push(...packs) }
  await forgetGone(memory, store, NO_INDEX, listed())
  return gone
}

test('a pack that only the listing lacks is there: of either kind', async () => {
  const inner = new MemoryStore()
  await inner.put(packKey(1, idOf(1)), Buffer.alloc(1))
  await inner.put(packKey(2, idOf(2)), Buffer.alloc(1))
  expect(await forgotten(new FaultyStore(inner))).toEqual([idOf(3).toString('hex')])
})

test('what cannot be asked for is not gone; a store that is down is an error', async () => {
  const failing = (code: string): FaultyStore =>
    new FaultyStore(new MemoryStore(), {
      plan: () => ({ action: 'fail', when: 'before', error: new StoreError(code, 'the test fails this') }),
    })
  expect(await forgotten(failing('store-io'))).toEqual([])
  await expect(forgotten(failing('store-down'))).rejects.toMatchObject({ code: 'store-down' })
})
