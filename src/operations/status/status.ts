// The verb `status`: what the journal says of the repository as a whole, and who is asking.

import { toHex } from '../../../format/bytes.ts'
import type { JournalStart } from '../../repository/journal/open-journal.ts'
import type { JournalMember, SnapshotRecord, VoidReason } from '../../repository/journal/state.ts'
import { isPackThere } from '../../repository/objects/pack-presence.ts'
import type { Repository } from '../../repository/repository.ts'

export interface Status {
  readonly repository: Uint8Array
  readonly name: string
  readonly location: string
  readonly head: { readonly sequence: number; readonly hash: Uint8Array }
  /** Where this client began to replay the journal. */
  readonly replayedFrom: JournalStart
  /** Whose key this is; undefined when it is no member's. */
  readonly member: JournalMember | undefined
  readonly canRead: boolean
  readonly members: number
  readonly snapshots: number
  readonly tags: number
  readonly series: readonly SeriesStatus[]
  /** Journal slots that count for nothing, with the reason. */
  readonly voids: readonly { readonly sequence: number; readonly reason: VoidReason }[]
}

export interface SeriesStatus {
  readonly name: string
  readonly snapshots: number
  readonly head: SnapshotRecord
}

/** The state of an open repository; nothing but the journal is read. */
export function status(repository: Repository): Status {
  const { state, start } = repository.journal
  const { signing, read } = repository.keys
  return {
    repository: repository.id,
    name: state.name,
    location: repository.store.location,
    head: state.head,
    replayedFrom: start,
    member: signing && state.members.get(toHex(signing.memberId)),
    canRead: read !== undefined,
    members: state.members.size,
    snapshots: state.snapshots.length,
    tags: state.tags.size,
    series: seriesOf(repository),
    voids: [...state.voids].map(([sequence, reason]) => ({ sequence, reason })),
  }
}

/** How many of these packs, by id as hexadecimal, are still in the store. @throws {StoreError} when it fails. */
export async function packsStillThere({ store }: Repository, packs: Iterable<string>): Promise<number> {
  let count = 0
  for (const pack of packs) if (await isPackThere(store, pack)) count++
  return count
}

function seriesOf(repository: Repository): SeriesStatus[] {
  const { snapshots, heads } = repository.journal.state
  const counts = new Map<string, number>()
  for (const { details } of snapshots) counts.set(details.series, (counts.get(details.series) ?? 0) + 1)
  return [...heads].map(([name, head]) => ({ name, snapshots: counts.get(name) ?? 0, head }))
}
