import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { storeContract } from './object-store-contract.ts'

storeContract('memory', async () => {
  const store = new MemoryStore()
  return { store, again: async () => store, dispose: async () => undefined }
})

storeContract('file system', async () => {
  const root = await mkdtemp(join(tmpdir(), 'store-contract-'))
  return {
    store: await FileSystemStore.create(root),
    again: () => FileSystemStore.open(root),
    dispose: () => rm(root, { recursive: true, force: true }),
  }
})
