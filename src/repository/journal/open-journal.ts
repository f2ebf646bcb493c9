import { equalBytes, type Id } from '../../../format/bytes.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { findCheckpoint } from './find-checkpoint.ts'
import { type Genesis, genesisState, readGenesis } from './genesis.ts'
import { linkAtHead } from './links.ts'
import { OtherHistoryWatch } from './other-history.ts'
import { PinWatch, type PinWatchOptions } from './pin-watch.ts'
import { type Pin, samePin } from './pins.ts'
import { type AppliedSlot, applySlot } from './replay.ts'
import { requireFeatures } from './required-features.ts'
import { readSlots } from './slots.ts'
import { type DraftState, decodeState } from './state.ts'

export interface OpenJournalOptions {
  readonly store: ObjectStore
  /** The repository id that is expected: the trust root, from an identity, a recovery code or a pin. */
  readonly repository: Id
  /** Without it roles and the chain are checked, but there are no names. */
  readonly journalKey?: Uint8Array
  /** The last entry that this client verified. */
  readonly pin?: Pin
  /** The state that this client kept (`Journal.encodeState`); whoever passes it has decided to trust it. It is a pin, too. */
  readonly cached?: Uint8Array
  /** Whether to start from an owner's checkpoint when there is no cached state; `start` then says so. */
  readonly fromCheckpoint?: boolean
  /** For whoever is about to accept it: opens a journal that holds entries of another history, too. */
  readonly allowOtherHistory?: boolean
}

/** Where the replay of a journal began. */
export interface JournalStart {
  readonly from: 'genesis' | 'cache' | 'checkpoint'
  readonly sequence: number
}

export interface OpenedJournal {
  readonly genesis: Genesis
  readonly state: DraftState
  readonly start: JournalStart
  /** Whether the client's pin is gone and an owner accepted that. */
  readonly accepted: boolean
}

/**
 * Reads the journal to its end from the best trusted start, and holds it against the pin. SPEC §9.1.2 to §9.1.7
 * @throws {StopError} `repository-replaced`, `journal-rollback`, `journal-fork`, `journal-omission`, `journal-rewritten`, `newer-repository`.
 * @throws {NotFoundError} `repository-not-found`; {IntegrityError} `genesis-invalid`; {FormatError} when `cached` is no state.
 */
export async function replayJournal(options: OpenJournalOptions): Promise<OpenedJournal> {
  const genesis = await readGenesis(options.store, options.repository)
  const cached = options.cached && decodeState(genesis.id, options.cached)
  const opened =
    (cached && (await fromCache(options, genesis, cached))) ??
    (await fromCheckpoint(options, genesis, cached)) ??
    (await fromGenesis(options, genesis, cached))
  requireFeatures(opened.state, 'read')
  return opened
}

/** Only what came after the cached state is verified; its own last slot must stand where it stood. */
async function fromCache(options: OpenJournalOptions, genesis: Genesis, cached: DraftState): Promise<OpenedJournal | undefined> {
  const { head } = cached
  const link = await linkAtHead(options.store, cached)
  const contradicted = options.pin !== undefined && options.pin.sequence === head.sequence && !samePin(options.pin, head)
  if (link === undefined || !equalBytes(link, head.hash) || contradicted) {
    // History was rolled back or rewritten, if no owner accepted it: the full replay tells.
    return undefined
  }
  const watched = options.pin !== undefined && options.pin.sequence > head.sequence ? options.pin : head
  const { sequence } = head
  return run(options, { genesis, state: cached, start: { from: 'cache', sequence }, accepted: false }, watched, {
    journalKey: options.journalKey,
  })
}

async function fromCheckpoint(
  options: OpenJournalOptions,
  genesis: Genesis,
  cached: DraftState | undefined,
): Promise<OpenedJournal | undefined> {
  const { store, journalKey, pin } = options
  if (options.fromCheckpoint !== true || cached !== undefined || journalKey === undefined) {
    return undefined
  }
  const found = await findCheckpoint(store, genesis, journalKey)
  // A pin that the checkpoint covers can only be found again by a full replay.
  if (found === undefined || (pin !== undefined && pin.sequence <= found.state.head.sequence)) {
    return undefined
  }
  const { sequence } = found.state.head
  const opened = await run(options, { genesis, state: found.state, start: { from: 'checkpoint', sequence }, accepted: false }, pin, {
    journalKey,
  })
  return opened.state.voids.has(found.namedAt) ? undefined : opened
}

function fromGenesis(options: OpenJournalOptions, genesis: Genesis, cached: DraftState | undefined): Promise<OpenedJournal> {
  const { journalKey, pin } = options
  const strongest = cached !== undefined && (pin === undefined || pin.sequence < cached.head.sequence) ? cached.head : pin
  const begun = { genesis, state: genesisState(genesis, journalKey), start: { from: 'genesis', sequence: 0 } as const, accepted: false }
  return run(options, begun, strongest, { journalKey, members: cached?.members })
}

async function run(
  { store, journalKey, allowOtherHistory = false }: OpenJournalOptions,
  begun: OpenedJournal,
  pin: Pin | undefined,
  watchOptions: PinWatchOptions,
): Promise<OpenedJournal> {
  const { state } = begun
  const watch = pin && new PinWatch(pin, watchOptions)
  const others = new OtherHistoryWatch()
  watch?.start(state.head)
  await replayFrom(store, state, journalKey, (applied) => {
    watch?.see(applied)
    others.see(state, applied)
  })
  watch?.finish(state.head)
  if (!allowOtherHistory) others.finish()
  return { ...begun, accepted: watch?.accepted ?? false }
}

/** Applies every slot after the state's head. SPEC §7.3 */
export async function replayFrom(
  store: ObjectStore,
  state: DraftState,
  journalKey: Uint8Array | undefined,
  see: (applied: AppliedSlot) => void = () => undefined,
): Promise<void> {
  for await (const slot of readSlots(store, state.head.sequence + 1)) {
    see(applySlot(state, slot, journalKey))
  }
}
