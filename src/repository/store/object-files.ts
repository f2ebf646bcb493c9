// Reading the file of an object, which is a regular one or none of ours.

import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { notAFile, storeError } from './file-system-errors.ts'
import { type GetOptions, memoryFor, regionOf } from './object-store.ts'
import type { StoreRoot } from './store-root.ts'

/** O_NONBLOCK: a FIFO that somebody put in an object's place must not block a thread. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** As `ObjectStore.get`. */
export async function readObjectFile(root: StoreRoot, key: string, options: GetOptions): Promise<Buffer | undefined> {
  const path = join(root.path, key)
  let handle: FileHandle
  try {
    handle = await open(path, READ_FLAGS)
  } catch (error) {
    return root.absentOr(error, 'open', path)
  }
  try {
    return await readOpen(handle, path, key, options)
  } catch (error) {
    throw storeError(error, 'read', path)
  }
}

/** Reads from a handle and closes it: close(2) may fail, too. */
async function readOpen(handle: FileHandle, path: string, key: string, options: GetOptions): Promise<Buffer> {
  try {
    const found = await handle.stat()
    if (!found.isFile()) {
      throw notAFile(path)
    }
    const { offset, length } = regionOf(key, found.size, options)
    return await readRegion(handle, path, offset, memoryFor(length, options))
  } finally {
    await handle.close()
  }
}

/** As `ObjectStore.size`. */
export async function objectFileSize(root: StoreRoot, key: string): Promise<number | undefined> {
  const path = join(root.path, key)
  let found: Awaited<ReturnType<typeof lstat>>
  try {
    found = await lstat(path)
  } catch (error) {
    return root.absentOr(error, 'inspect', path)
  }
  if (!found.isFile()) {
    throw notAFile(path)
  }
  return found.size
}

async function readRegion(handle: FileHandle, path: string, offset: number, bytes: Buffer): Promise<Buffer> {
  const { length } = bytes
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) {
      throw new StoreError('store-io', `${path} ended ${length - filled} bytes early.`, { fields: { path } })
    }
    filled += bytesRead
  }
  return bytes
}
