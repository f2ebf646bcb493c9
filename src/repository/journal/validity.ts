import { equalBytes, toHex } from '../../../format/bytes.ts'
import { checkClear, type EventName, isEventName, isReservedEvent, rolesAllow } from '../../../format/events.ts'
import { decodeJournalEntry, decodeSigned, type JournalEntry } from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Role } from '../../../format/member.ts'
import { FormatError, StopError } from '../../errors.ts'
import { verifySignature } from '../crypto/signing.ts'
import { changeProblem, mayCommitTo } from './members.ts'
import type { Slot } from './slots.ts'
import type { JournalMember, JournalState, VoidReason } from './state.ts'

/** Whose reserved events count. SPEC §7.4 */
const MAY_STOP: readonly Role[] = ['owner', 'maintainer']

/** An entry whose event is known. */
export type KnownEntry = JournalEntry & { readonly event: EventName }

export type Verdict = { readonly entry: KnownEntry } | { readonly reason: VoidReason }

/**
 * Whether the slot after the state's head is valid, and why not. It needs no key: roles, signatures and clear fields decide. SPEC §7.3
 * @throws {StopError} `newer-repository` when an owner or maintainer signed an event that a later version defines: to skip a deletion would be wrong.
 */
export function judge(state: JournalState, slot: Slot): Verdict {
  if (slot.bytes.length > LIMITS.journalSlotBytes) {
    return { reason: 'oversize' }
  }
  const parts = decodeSlot(slot.bytes)
  return parts === undefined ? { reason: 'form' } : judgeEntry(state, slot.sequence, ...parts)
}

type SlotParts = [entry: JournalEntry, signed: Buffer, signature: Buffer]

function judgeEntry(state: JournalState, sequence: number, ...[entry, signed, signature]: SlotParts): Verdict {
  const member = state.members.get(toHex(entry.member))
  const misplaced = placeProblem(state, sequence, entry)
  if (misplaced !== undefined || member === undefined) {
    return { reason: misplaced ?? 'member' }
  }
  if (!verifySignature('journal-entry', state.repository, member.key, signed, signature)) {
    return { reason: 'signature' }
  }
  if (isReservedEvent(entry.event)) {
    // Whatever such an event will mean, a stolen writer must not stop everybody with it.
    if (member.roles.some((role) => MAY_STOP.includes(role))) throw newer(entry)
    return { reason: 'role' }
  }
  const { event } = entry
  if (!isEventName(event)) {
    return { reason: 'event' }
  }
  const known: KnownEntry = { ...entry, event }
  const reason = rightsProblem(state, member, known)
  return reason === undefined ? { entry: known } : { reason }
}

/** Stops an entry of another repository, one moved to another sequence, and one that continues another history. */
function placeProblem(state: JournalState, sequence: number, entry: JournalEntry): VoidReason | undefined {
  if (!equalBytes(entry.repository, state.repository)) {
    return 'repository'
  }
  if (entry.sequence !== sequence) {
    return 'sequence'
  }
  return equalBytes(entry.previous, state.head.hash) ? undefined : 'chain'
}

/** Whether a member may write this entry, whose signature is known to be good or is about to be made. */
function rightsProblem(state: JournalState, member: JournalMember, entry: KnownEntry): VoidReason | undefined {
  if (!rolesAllow(entry.event, member.roles)) {
    return 'role'
  }
  try {
    return effectProblem(state, member, entry)
  } catch (error) {
    if (error instanceof FormatError) {
      return 'clear'
    }
    throw error
  }
}

function effectProblem(state: JournalState, member: JournalMember, { event, clear }: KnownEntry): VoidReason | undefined {
  switch (event) {
    case 'snapshot_created':
      return mayCommitTo(member, checkClear(event, clear).series) ? undefined : 'series'
    case 'permission_change':
      return changeProblem(state, checkClear(event, clear))
    case 'key_slot_added': {
      const { slot } = checkClear(event, clear)
      return state.slots.size >= LIMITS.keySlots && !state.slots.has(toHex(slot)) ? 'limit' : undefined
    }
    default:
      checkClear(event, clear)
      return undefined
  }
}

function decodeSlot(bytes: Buffer): SlotParts | undefined {
  try {
    const [signed, signature] = decodeSigned(bytes, LIMITS.journalSlotBytes)
    return [decodeJournalEntry(signed), signed, signature]
  } catch (error) {
    if (error instanceof FormatError) {
      return undefined
    }
    throw error
  }
}

function newer(entry: JournalEntry): StopError {
  return new StopError(
    'newer-repository',
    `Journal entry ${entry.sequence} is a ${entry.event}, which this version does not know how to follow.`,
    {
      hint: 'A newer version wrote it. Update this program; nothing was changed.',
      fields: { sequence: entry.sequence, event: entry.event },
    },
  )
}
