// The verb `key remove`: takes a key slot away, and its member's rights with the last one. Removing the object is destruction, so it
// goes by an approved plan. Whoever copied slot and secret before still holds the keys that were in it. SPEC §12.4

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { encodeSlot } from '../../../format/key-slot.ts'
import { slotKey } from '../../../format/store-key.ts'
import { NotFoundError, StopError, UsageError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import { isOwner } from '../../repository/journal/members.ts'
import type { JournalMember } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'
import type { Permit } from '../../runtime/permit.ts'
import { assertOwner } from './enrol.ts'
import { type KeyList, type ListedSlot, listKeys } from './list.ts'

export interface Removal {
  readonly id: Buffer
  /** Store key. */
  readonly key: string
  readonly kind: string
  readonly label: string
  /** Whose slot it is, as far as an owner said so; loses all rights with it. */
  readonly revoked: JournalMember | undefined
  /** Whether it opened this session: whoever goes on needs another way in. */
  readonly isOwn: boolean
  /** Of the slot's bytes; empty when the object is gone already. */
  readonly fingerprint: Buffer
}

/**
 * What removing a slot means. `name` is the beginning of its id.
 * @throws {AccessError} `role`; {NotFoundError} `slot-not-found`; {StopError} `ambiguous-slot`; {UsageError} `last-way-in` when no
 * owner could open the repository any more.
 */
export async function planRemoval(repository: Repository, name: string): Promise<Removal> {
  await repository.journal.refresh()
  const { signing, journal } = repository
  assertOwner({ isOwner: repository.isOwner(signing.memberId), signing: toHex(signing.memberId) })
  const list = await listKeys(repository)
  const id = slotNamed(list, name)
  assertAnotherWayIn(list, id)
  const found = list.slots.find(({ slot }) => equalBytes(slot.id, id))
  const named = journal.state.slots.get(toHex(id))
  return {
    id,
    key: slotKey(id),
    kind: found?.slot.kind ?? named?.kind ?? '',
    label: found?.label ?? named?.label ?? '',
    revoked: named === undefined ? revokedWithInitSlot(list, found) : journal.member(named.member),
    isOwn: found?.isOwn === true,
    fingerprint: found === undefined ? Buffer.alloc(0) : sha256(encodeSlot(found.slot)),
  }
}

/** Removes the slot, after the journal said so. @throws {AccessError}; {UsageError} `journal-no-owner`; {StoreError}. */
export async function removeKey({ journal, signing, store }: Repository, removal: Removal, permit: Permit): Promise<void> {
  const { id, key, kind, label, revoked } = removal
  const member = Buffer.from(revoked?.id ?? signing.memberId)
  await journal.append({ event: 'key_slot_removed', clear: { slot: id, kind, member }, details: { label }, signing })
  if (revoked !== undefined) {
    const details = { labels: {}, series: {}, reason: `key remove: ${label}` }
    await journal.append({ event: 'permission_change', clear: { add: [], remove: [member] }, details, signing })
  }
  await store.remove(key, permit)
}

function slotNamed({ slots, missing }: KeyList, name: string): Buffer {
  const ids = [...slots.map(({ slot }) => slot.id), ...missing.map(({ slot }) => slot)].map((id) => Buffer.from(id))
  const prefix = name.toLowerCase()
  const found = /^[0-9a-f]{4,32}$/.test(prefix) ? ids.filter((id) => toHex(id).startsWith(prefix)) : []
  const [only, another] = found
  if (only === undefined) {
    throw new NotFoundError('slot-not-found', `There is no key slot '${name}'.`, {
      hint: "Give the beginning of its id, 4 digits or more: 'cairn key list' shows it.",
    })
  }
  if (another === undefined) return only
  throw new StopError('ambiguous-slot', `'${name}' could be ${found.length} key slots.`, { hint: 'Give more digits of the id.' })
}

/** Somebody may have put slots into the store that open for nobody: only those count that an owner vouches for. */
function assertAnotherWayIn({ slots }: KeyList, id: Uint8Array): void {
  const opens = ({ slot, known, member }: ListedSlot): boolean => {
    return !equalBytes(slot.id, id) && known !== 'unknown' && member !== undefined && isOwner(member)
  }
  if (slots.some(opens)) return
  throw new UsageError(
    'last-way-in',
    'This is the last key slot of an owner: without it nobody could open the repository with all rights.',
    {
      hint: "Add another one first: 'cairn key add'.",
    },
  )
}

/** The journal does not name the slots of `init`. Where two name one member, one of them is not what it says: nobody is revoked. */
function revokedWithInitSlot({ slots }: KeyList, found: ListedSlot | undefined): JournalMember | undefined {
  if (found?.known !== 'init') return undefined
  const ofMember = slots.filter(({ slot }) => equalBytes(slot.member, found.slot.member))
  return ofMember.length === 1 ? found.member : undefined
}
