import { expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { addKey } from '../../src/operations/key/add.ts'
import { listKeys } from '../../src/operations/key/list.ts'
import { rememberHead } from '../../src/repository/open.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { GetOptions } from '../../src/repository/store/object-store.ts'
import { initIn, openAs } from '../support/repository.ts'

/** A store that notes which keys are read. */
class NotingStore extends MemoryStore {
  readonly read: string[] = []

  override async get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    this.read.push(key)
    return super.get(key, options)
  }
}

test('the dates of slots come with the state that was kept: no entry of the journal is read for them', async () => {
  const store = new NotingStore()
  const owner = await initIn(store)
  const repository = await openAs(store, owner)
  const { slot } = await addKey(repository, { key: { kind: 'passphrase', passphrase: 'tulips' }, role: 'reader', label: 'desk' })
  rememberHead(owner.memory, repository.journal, undefined)
  const times = new Map<string, number>()
  for await (const { entry } of repository.journal.entries()) times.set(entry!.event, entry!.time)

  const later = await openAs(store, owner)
  store.read.length = 0
  const { slots } = await listKeys(later)
  expect(store.read.filter((key) => key.startsWith('journal/'))).toEqual([])
  const added = new Map(slots.map(({ slot: { id, kind }, ...listed }) => [kind, { id: toHex(id), added: listed.added }]))
  expect(added.get('passphrase')).toEqual({ id: toHex(slot.id), added: times.get('key_slot_added') })
  expect(added.get('identity')?.added).toBe(times.get('repository_created'))
})
