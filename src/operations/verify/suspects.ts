// Packs in which a tree could not be read are read whole, without being asked for: what is damaged must be known, or the next commit
// would go on relying on it.

import { packKey } from '../../../format/store-key.ts'
import type { IndexedPack } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import { checkPacks } from './check-packs.ts'
import { type DataCheck, noteDamage } from './data.ts'
import type { VerifiedPack } from './sample.ts'

/** Reads the packs of which nothing bad is known yet, and remembers what was found. @throws {StoreError}; {CancelledError} */
export async function checkSuspects(
  repository: Repository,
  suspects: Iterable<IndexedPack>,
  { index: { index }, health, memory, threadCount, signal }: Pick<DataCheck, 'index' | 'health' | 'memory' | 'threadCount' | 'signal'>,
): Promise<void> {
  const byKey = new Map([...suspects].map((pack) => [packKey(pack.kind, pack.id), pack]))
  const listed = [...byKey].flatMap(([key, pack]) => (health.problemOf(pack) === undefined ? (health.packs.get(key) ?? []) : []))
  if (listed.length === 0) return
  const found: (Pick<VerifiedPack, 'ok'> & { readonly id: Uint8Array })[] = []
  await checkPacks(repository, listed, {
    indexedPack: ({ key }) => index.segmentPackOf(byKey.get(key)!),
    onVerdict: (pack, verdict) => {
      noteDamage(health, pack, verdict)
      found.push({ id: pack.id, ok: verdict.messages.length === 0 })
    },
    threadCount,
    signal,
  })
  memory?.remember(found)
}
