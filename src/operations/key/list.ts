// The verb `key list`: who is a member, and which slots open the repository. Slots lie in the store, where others may put things:
// what the journal does not name is said to be so.

import { equalBytes, type Id, toHex } from '../../../format/bytes.ts'
import { decodeSlot, decodeSlotToOpen, type KeySlot } from '../../../format/key-slot.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Role } from '../../../format/member.ts'
import { FormatError } from '../../errors.ts'
import type { JournalMember } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'

export interface ListedSlot {
  readonly slot: KeySlot
  readonly label: string
  readonly member: JournalMember | undefined
  /** `journal`: an owner added it; `init`: of a member of the first entry; `unknown`: nobody says so. */
  readonly known: 'journal' | 'init' | 'unknown'
  /** Milliseconds since 1970, as the entry says that added it; those of `init` came with the first entry. */
  readonly added: number | undefined
  /** Whether it opened this session. */
  readonly isOwn: boolean
  /** Whether it has the bytes that were written; when not, its secret may open it no more. */
  readonly isSound: boolean
}

export interface ListedMember {
  readonly id: Id
  readonly label: string
  readonly roles: readonly Role[]
  /** Names of the series that a writer is limited to; undefined: any. */
  readonly series: readonly string[] | undefined
  readonly isOwn: boolean
}

export interface KeyList {
  readonly members: readonly ListedMember[]
  readonly slots: readonly ListedSlot[]
  /** Slots that the journal names and the store lacks. */
  readonly missing: readonly { readonly slot: Uint8Array; readonly label: string }[]
  /** Store keys of slots that are none. */
  readonly damaged: readonly string[]
}

/** Lists members and key slots. */
export async function listKeys(repository: Repository): Promise<KeyList> {
  const { state } = repository.journal
  const { slots, damaged } = await readSlots(repository)
  const found = new Set(slots.map(({ slot }) => toHex(slot.id)))
  const missing = [...state.slots.values()].filter(({ slot }) => !found.has(toHex(slot)))
  const members = [...state.members.values()].map(({ id, label, roles, series }) => ({
    id,
    label,
    roles,
    series: series?.map((tag) => state.seriesNames.get(toHex(tag)) ?? `tag ${toHex(tag)}`),
    isOwn: equalBytes(id, repository.signing.memberId),
  }))
  return { members, slots, missing, damaged }
}

async function readSlots(repository: Repository): Promise<{ slots: ListedSlot[]; damaged: string[] }> {
  const slots: ListedSlot[] = []
  const damaged: string[] = []
  for await (const { key } of repository.store.list('keys/')) {
    const bytes = await repository.store.get(key, { maxBytes: LIMITS.smallObjectBytes })
    const slot = bytes && slotOf(key, () => decodeSlotToOpen(bytes))
    if (slot === undefined) damaged.push(key)
    else slots.push({ ...listed(repository, slot), isSound: slotOf(key, () => decodeSlot(bytes!)) !== undefined })
  }
  return { slots, damaged }
}

function slotOf(key: string, decode: () => KeySlot): KeySlot | undefined {
  try {
    const slot = decode()
    return key === `keys/${toHex(slot.id)}` ? slot : undefined
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

function listed({ journal, keys }: Repository, slot: KeySlot): Omit<ListedSlot, 'isSound'> {
  const named = journal.state.slots.get(toHex(slot.id))
  const member = journal.member(slot.member)
  const isOfInit = journal.genesis.clear.members.some(({ key }) => equalBytes(key, member?.key ?? Buffer.alloc(0)))
  return {
    slot,
    label: named?.label ?? member?.label ?? '',
    member,
    known: named !== undefined ? 'journal' : isOfInit ? 'init' : 'unknown',
    added: named?.added ?? (isOfInit ? journal.genesis.entry.time : undefined),
    isOwn: keys.member !== undefined && equalBytes(slot.member, keys.member),
  }
}
