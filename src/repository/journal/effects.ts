import { equalBytes, toHex } from '../../../format/bytes.ts'
import type { DetailsOf } from '../../../format/details.ts'
import { type ClearOf, checkClear, type EventName } from '../../../format/events.ts'
import { readDetails, seriesTag } from './entry-details.ts'
import { changedMembers } from './members.ts'
import { type DraftState, idsOf } from './state.ts'
import type { KnownEntry } from './validity.ts'

interface Occurrence<E extends EventName> {
  readonly entry: KnownEntry
  readonly clear: ClearOf<E>
  /** Undefined without the journal key, or when they could not be read. */
  readonly details: DetailsOf<E> | undefined
}

type Effects = { readonly [E in EventName]?: (state: DraftState, occurrence: Occurrence<E>) => void }

/** What each event does to the state; the others only stand in the log. SPEC §7.4 */
const EFFECTS: Effects = {
  snapshot_created(state, { entry, clear, details }) {
    if (details !== undefined) {
      // Copies: a view would keep the whole slot in memory.
      const [manifest, member] = [Buffer.from(clear.manifest), Buffer.from(entry.member)]
      const snapshot = { sequence: entry.sequence, manifest, member, details }
      state.snapshots.push(snapshot)
      state.heads.set(details.series, snapshot)
      state.seriesNames.set(toHex(clear.series), details.series)
    }
  },
  tag_set(state, { clear, details }) {
    if (details !== undefined) {
      state.tags.set(details.name, Buffer.from(clear.manifest))
    }
  },
  tag_removed(state, { clear, details }) {
    const tagged = details && state.tags.get(details.name)
    // A tag that was moved meanwhile is not the one that was removed.
    if (details !== undefined && tagged !== undefined && equalBytes(tagged, clear.manifest)) {
      state.tags.delete(details.name)
    }
  },
  permission_change(state, { clear, details }) {
    const changed = changedMembers(state.members, clear, details?.labels)
    for (const [id, { key, label }] of state.members) {
      if (!changed.has(id)) {
        state.removed.set(id, { key, label })
      }
    }
    state.members.clear()
    for (const [id, member] of changed) {
      state.members.set(id, member)
      state.removed.delete(id)
    }
    for (const [tag, name] of Object.entries(details?.series ?? {})) {
      state.seriesNames.set(tag, name)
    }
  },
  key_slot_added(state, { entry, clear, details }) {
    state.slots.set(toHex(clear.slot), { ...clear, label: details?.label ?? '', added: entry.time })
  },
  key_slot_removed(state, { clear }) {
    state.slots.delete(toHex(clear.slot))
  },
  checkpoint(state, { clear }) {
    state.checkpointed = Math.max(state.checkpointed, clear.sequence)
  },
  attest(state, { clear }) {
    for (const pack of idsOf(clear.packs)) {
      state.attested.add(pack)
    }
  },
  features_set(state, { clear }) {
    state.features = clear
  },
  grant_issued(state, { clear, details }) {
    if (details !== undefined) {
      const { command, target, series } = details
      state.grants.set(toHex(clear.grant), { ...clear, command, target, series })
    }
  },
  grant_revoked(state, { clear }) {
    state.grants.delete(toHex(clear.grant))
  },
}

/** Events that mean nothing to a holder of the journal key when their details cannot be read. */
const NAMED: ReadonlySet<EventName> = new Set<EventName>(['snapshot_created', 'tag_set', 'tag_removed', 'grant_issued'])

/**
 * Applies a valid entry to the state. With the journal key it tells whether the details are in order; when not, an event that
 * lives by its names changes nothing (a writer cannot put a snapshot into a series that its clear tag does not name).
 */
export function applyEntry(state: DraftState, entry: KnownEntry, journalKey: Uint8Array | undefined): boolean {
  return applyEvent(state, entry, entry.event, EFFECTS[entry.event], journalKey)
}

function applyEvent<E extends EventName>(
  state: DraftState,
  entry: KnownEntry,
  event: E,
  effect: Effects[E],
  journalKey: Uint8Array | undefined,
): boolean {
  const details = journalKey && readDetails(entry, event, journalKey)
  if (journalKey !== undefined && !detailsAgree(entry, details, journalKey)) {
    return false
  }
  effect?.(state, { entry, clear: checkClear(event, entry.clear), details })
  return true
}

/** Whether details could be read where they matter, and name the series that the clear tag stands for. */
function detailsAgree(entry: KnownEntry, details: object | undefined, journalKey: Uint8Array): boolean {
  if (details === undefined || entry.event !== 'snapshot_created') {
    return details !== undefined || !NAMED.has(entry.event)
  }
  const { series } = details as DetailsOf<'snapshot_created'>
  return equalBytes(seriesTag(journalKey, series), checkClear(entry.event, entry.clear).series)
}
