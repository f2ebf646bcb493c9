// The end of a commit: the manifest, and then the journal entry that makes it a snapshot. SPEC §3.2, §9.2.4, §9.2.5.

import { type Id, toHex } from '../../../format/bytes.ts'
import type { JournalEntry } from '../../../format/journal.ts'
import type { Manifest } from '../../../format/manifest.ts'
import { EncapsulationKey } from '../../repository/crypto/x-wing.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import { writeManifest } from '../../repository/objects/manifests.ts'
import type { Repository } from '../../repository/repository.ts'
import { assertMayCommit, snapshotEntry } from './commit-entry.ts'

export interface Published {
  readonly id: Buffer
  readonly manifest: Manifest
  readonly entry: JournalEntry
}

/** Thrown by the guard of an append, and caught here: another commit has become the head of the series. */
class Overtaken extends Error {}

/**
 * Stores a manifest and appends its entry. When another commit of the series comes first, that one becomes the parent, in a manifest of
 * its own; the one that was stored before is garbage, as after a crash.
 * @throws {AccessError} when this member may not commit, also when that was decided meanwhile; {UsageError} `series-is-tag`; what
 * `assertSource` throws; {StoreError}; {StopError}.
 */
export async function publish(
  repository: Repository,
  manifest: Manifest,
  assertSource: (state: JournalState) => void = () => undefined,
): Promise<Published> {
  const { epoch, key } = repository.sealing
  const sealer = { repository: repository.id, epoch, sealing: new EncapsulationKey(key), signing: repository.signing }
  for (let current = manifest; ; current = { ...current, parents: parentsIn(repository.journal.state, manifest.series) }) {
    const { id } = await writeManifest(repository.store, current, sealer)
    const guard = (state: JournalState): void => {
      assertMayCommit(repository, state, current.series)
      assertSource(state)
      if (!isParent(state, current)) throw new Overtaken('another commit of the series came first')
    }
    try {
      return { id, manifest: current, entry: await repository.journal.append({ ...snapshotEntry(repository, id, current), guard }) }
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
    }
  }
}

/** What a new snapshot of a series follows: the series' head, when there is one. */
export function parentsIn(state: JournalState, series: string): readonly Id[] {
  const head = state.heads.get(series)
  return head === undefined ? [] : [head.manifest]
}

function isParent(state: JournalState, { series, parents }: Manifest): boolean {
  return parentsIn(state, series).map(toHex).join() === parents.map(toHex).join()
}
