// All that a store holds as plain data: to copy a repository in no time, to damage the copy, and to compare before and after.

import { REPOSITORY_JSON, STORE_PREFIXES } from '../../format/store-key.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'

/** Bytes by store key. */
export type StoredObjects = ReadonlyMap<string, Buffer>

/** Everything in a store. */
export async function objectsOf(store: ObjectStore): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>()
  for (const key of [REPOSITORY_JSON, ...(await keysOf(store))]) {
    const bytes = await store.get(key, { maxBytes: 1 << 30 })
    if (bytes !== undefined) objects.set(key, bytes)
  }
  return objects
}

/** A store in memory that holds these objects. */
export async function storeOf(objects: StoredObjects): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const [key, bytes] of objects) await store.put(key, bytes)
  return store
}

/** A copy in memory that later changes of either do not touch. */
export async function copyOfStore(store: ObjectStore): Promise<MemoryStore> {
  return storeOf(await objectsOf(store))
}

/** Every key below the prefixes that a store lists. */
export async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for (const prefix of STORE_PREFIXES) for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}
