// A new member with a key slot of its own. The slot is stored before the journal names its member: what a crash leaves between is a
// slot that opens for nobody who may sign. SPEC §5.3, §7.4

import { toHex } from '../../../format/bytes.ts'
import { encodeSlot, type KeySlot } from '../../../format/key-slot.ts'
import type { Keyring } from '../../../format/keyring.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Member, Role } from '../../../format/member.ts'
import { slotKey } from '../../../format/store-key.ts'
import { AccessError, KeyError, UsageError } from '../../errors.ts'
import type { NewIdentity } from '../../repository/crypto/identity.ts'
import { type WrapMethod, wrapKeyring } from '../../repository/crypto/key-slots.ts'
import { seriesTag } from '../../repository/journal/entry-details.ts'
import type { Repository } from '../../repository/repository.ts'

export interface Enrolment {
  readonly identity: NewIdentity
  readonly method: WrapMethod
  readonly role: Extract<Role, 'owner' | 'reader' | 'writer'>
  /** Names of the series that a writer is limited to. */
  readonly series?: readonly string[]
  readonly label: string
  readonly reason: string
  /** Keeps what opens the slot, before the slot exists. */
  readonly keep?: (slot: KeySlot) => Promise<void>
}

export interface Enrolled {
  readonly slot: KeySlot
  readonly member: Uint8Array
}

/** @throws {AccessError} `role` when this identity is no owner's. */
export function assertOwner({ isOwner, signing }: { isOwner: boolean; signing: string }): void {
  if (isOwner) return
  throw new AccessError('role', 'Only an owner may change who can open the repository, and who may do what.', {
    hint: "'cairn key list' shows who may do what.",
    fields: { member: signing },
  })
}

/**
 * Makes somebody a member who opens the repository in a way of their own.
 * @throws {AccessError} `role`; {KeyError} when the own keys do not suffice; {UsageError} `too-many-slots`; {StoreError}.
 */
export async function enrol(repository: Repository, enrolment: Enrolment): Promise<Enrolled> {
  const { identity, method, role, series, label, reason, keep } = enrolment
  const { journal, signing, store } = repository
  await journal.refresh()
  assertOwner({ isOwner: repository.isOwner(signing.memberId), signing: toHex(signing.memberId) })
  await assertRoom(repository)
  const member = identity.signing.memberId
  const slot = await wrapKeyring(keyringFor(repository, enrolment), member, method)
  await keep?.(slot)
  await store.put(slotKey(slot.id), encodeSlot(slot))
  const tags = (series ?? []).map((name) => ({ name, tag: seriesTag(repository.writeKeys.journal, name) }))
  const added: Member = {
    key: identity.signing.publicKey,
    roles: [role],
    ...(series !== undefined && { series: tags.map(({ tag }) => tag) }),
  }
  await journal.append({
    event: 'permission_change',
    clear: { add: [added], remove: [] },
    details: { labels: { [toHex(member)]: label }, series: Object.fromEntries(tags.map(({ name, tag }) => [toHex(tag), name])), reason },
    signing,
  })
  const clear = { slot: Buffer.from(slot.id), kind: slot.kind, member }
  await journal.append({ event: 'key_slot_added', clear, details: { label }, signing })
  return { slot, member }
}

/** A writer's keyring opens nothing; a passphrase and a recovery code have no other place for their signing key. */
function keyringFor({ keys }: Repository, { identity, method, role, label }: Enrolment): Keyring {
  const { keyring } = keys
  if (keyring?.read === undefined && role !== 'writer') {
    throw new KeyError('no-read-key', 'This identity has no read key to pass on.', { hint: 'Use the identity of an owner.' })
  }
  if (keyring === undefined) throw new KeyError('no-write-key', 'No keyring was opened.', { hint: 'Use the identity of an owner.' })
  return {
    repository: keyring.repository,
    label,
    write: keyring.write,
    ...(role !== 'writer' && keyring.read !== undefined && { read: keyring.read }),
    ...(method.kind !== 'identity' && { signing: identity.signingSeed }),
  }
}

/** What everybody would have to refuse is not written. SPEC §10 */
async function assertRoom({ store }: Repository): Promise<void> {
  let slots = 0
  for await (const { bytes } of store.list('keys/')) slots += bytes > 0 ? 1 : 0
  if (slots < LIMITS.keySlots) return
  throw new UsageError('too-many-slots', `The repository has ${slots} key slots already.`, { hint: "Remove some with 'cairn key remove'." })
}
