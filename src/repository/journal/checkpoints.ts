import { checkpointKey } from '../../../format/store-key.ts'
import { AccessError } from '../../errors.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { sealCheckpoint } from '../crypto/symmetric.ts'
import { CHECKPOINT_EVERY } from './find-checkpoint.ts'
import type { Journal } from './journal.ts'
import { isOwner } from './members.ts'
import { type JournalState, stateToCheckpoint } from './state.ts'

/** Whether the journal has passed a multiple of 256 that no checkpoint covers yet. */
export function checkpointDue(state: JournalState): boolean {
  return Math.floor(state.head.sequence / CHECKPOINT_EVERY) > Math.floor(state.checkpointed / CHECKPOINT_EVERY)
}

/**
 * Stores the state and names it in the journal; owners only. SPEC §7.5
 * @throws {AccessError} `role` when the signer is no owner.
 */
export async function writeCheckpoint(
  journal: Journal,
  options: { readonly journalKey: Uint8Array; readonly signing: SigningKey },
): Promise<void> {
  const { state, store, repository } = journal
  const member = journal.member(options.signing.memberId)
  if (member === undefined || !isOwner(member)) {
    throw new AccessError('role', 'Only an owner may write a checkpoint.')
  }
  const { sequence } = state.head
  const { id, bytes } = sealCheckpoint(stateToCheckpoint(state), { repository, journalKey: options.journalKey })
  await store.put(checkpointKey(id), bytes)
  await journal.append({ event: 'checkpoint', clear: { state: id, sequence }, details: {}, signing: options.signing })
}
