import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isStoreKey } from '../../../format/store-key.ts'
import type { ListedObject } from './object-store.ts'
import type { StoreRoot } from './store-root.ts'

/** How many sizes are asked for at once. */
const BATCH = 64
/** How many directories of packs are read at once; each holds one of 256 parts of them. */
const FAN_OUT_BATCH = 16

/** The directories that hold packs by the first byte of their id; no other directory is gone into. */
const FAN_OUT = /^packs\/(data|tree)\/[0-9a-f]{2}$/

/** The objects below a directory of a store beyond the key `after`, ascending; whatever is no regular file under a key is left out. */
export async function* listDirectory(root: StoreRoot, directory: string, after: string): AsyncIterable<ListedObject> {
  const path = join(root.path, directory)
  const names = await readdir(path).catch((error: unknown) => root.absentOr(error, 'list', path))
  const paths = (names ?? []).map((name) => `${directory}/${name}`).sort()
  const inner = paths.filter((each) => FAN_OUT.test(each) && mayHold(each, after))
  for (let start = 0; start < inner.length; start += FAN_OUT_BATCH) {
    const listings = inner.slice(start, start + FAN_OUT_BATCH).map((each) => Array.fromAsync(listDirectory(root, each, after)))
    for (const listing of await Promise.all(listings)) {
      yield* listing
    }
  }
  const keys = paths.filter((key) => key > after && isStoreKey(key))
  for (let start = 0; start < keys.length; start += BATCH) {
    const found = await Promise.all(keys.slice(start, start + BATCH).map((key) => listed(root, key)))
    yield* found.filter((each) => each !== undefined)
  }
}

/** Whether a directory may hold keys beyond `after`. */
function mayHold(directory: string, after: string): boolean {
  return `${directory}/` >= after.slice(0, directory.length + 1)
}

async function listed(root: StoreRoot, key: string): Promise<ListedObject | undefined> {
  const path = join(root.path, key)
  try {
    const found = await lstat(path)
    return found.isFile() ? { key, bytes: found.size } : undefined
  } catch (error) {
    return root.absentOr(error, 'inspect', path)
  }
}
