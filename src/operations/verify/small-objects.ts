// The small objects beside packs and manifests: key slots, leases, checkpoints. What is not in order with them hinders opening,
// deleting, or only a quick start. SPEC §5.3, §5.5, §7.5

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { decodeSlot, decodeSlotToOpen } from '../../../format/key-slot.ts'
import { decodeLease } from '../../../format/lease.ts'
import { LIMITS } from '../../../format/limits.ts'
import { decodeSigned } from '../../../format/signed.ts'
import { checkpointKey, parseStoreKey, type StorePrefix, slotKey } from '../../../format/store-key.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import { verifySignature } from '../../repository/crypto/signing.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import { isUnreadable } from '../../repository/objects/damage.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ProblemList, VerifyProblemKind } from './problems.ts'

/** Sealing may add a little to a state of the greatest size. */
const CHECKPOINT_BYTES = LIMITS.checkpointRawBytes + (1 << 20)

/** Checks key slots, leases and checkpoints; `checkpoints` are those that the journal names. */
export async function checkSmallObjects(
  repository: Repository,
  state: JournalState,
  checkpoints: ReadonlySet<string>,
  problems: ProblemList,
): Promise<void> {
  await checkSlots(repository, state, problems)
  await each(repository, problems, 'leases/', 'lease', LIMITS.smallObjectBytes, (key, bytes) => checkLease(repository, key, bytes))
  const found = new Set<string>()
  await each(repository, problems, 'checkpoints/', 'checkpoint', CHECKPOINT_BYTES, (key, bytes) => {
    found.add(key)
    return checkpointKey(sha256(bytes)) === key ? undefined : 'its bytes are not those that its name says'
  })
  for (const key of checkpoints) if (!found.has(key)) problems.add('checkpoint', key, 'the journal names it, but it is not in the store')
}

/** Every slot must be one of this repository, and everybody who is a member must have one. */
async function checkSlots(repository: Repository, state: JournalState, problems: ProblemList): Promise<void> {
  const ids = new Set<string>()
  const members = new Set<string>()
  await each(repository, problems, 'keys/', 'key-slot', LIMITS.smallObjectBytes, (key, bytes) => {
    ids.add(key)
    const slot = decodeSlotToOpen(bytes)
    members.add(toHex(slot.member))
    if (slotKey(slot.id) !== key) return 'it is the slot of another name'
    if (!equalBytes(slot.repository, repository.id))
      return `it belongs to another repository, as one that an interrupted init left: 'cairn key remove' takes it away`
    return hasRotted(bytes) ? `it is damaged, and may open no more: make another way in with 'cairn key add', then remove it` : undefined
  })
  for (const { slot, label } of state.slots.values()) {
    if (!ids.has(slotKey(slot))) problems.add('key-slot', slotKey(slot), `the journal names it (${label}), but it is not in the store`)
  }
  for (const [id, { label, roles }] of state.members) {
    const opens = roles.some((role) => role === 'owner' || role === 'reader' || role === 'writer')
    if (opens && !members.has(id))
      problems.add('key-slot', 'keys/', `no key slot of the member ${id.slice(0, 16)} (${label}) is in the store`)
  }
}

function hasRotted(slot: Buffer): boolean {
  try {
    decodeSlot(slot)
    return false
  } catch (error) {
    if (error instanceof FormatError) return true
    throw error
  }
}

function checkLease(repository: Repository, key: string, bytes: Buffer): string | undefined {
  const [inner, signature] = decodeSigned(bytes, LIMITS.smallObjectBytes)
  const lease = decodeLease(inner)
  const parsed = parseStoreKey(key)
  if (parsed.kind !== 'lease' || !equalBytes(parsed.operation, lease.operation) || parsed.renewal !== lease.renewal)
    return 'it is the lease of another name'
  const publicKey = repository.journal.publicKeyOf(lease.member)
  const isSigned = publicKey !== undefined && verifySignature('lease', repository.id, publicKey, inner, signature)
  return isSigned && equalBytes(lease.repository, repository.id) ? undefined : 'no member of this repository signed it'
}

async function each(
  { store }: Repository,
  problems: ProblemList,
  prefix: StorePrefix,
  kind: VerifyProblemKind,
  maxBytes: number,
  check: (key: string, bytes: Buffer) => string | undefined,
): Promise<void> {
  for await (const { key } of store.list(prefix)) {
    const message = await problemWith(store, key, maxBytes, check)
    if (message !== undefined) problems.add(kind, key, message)
  }
}

async function problemWith(
  store: Repository['store'],
  key: string,
  maxBytes: number,
  check: (key: string, bytes: Buffer) => string | undefined,
): Promise<string | undefined> {
  try {
    const bytes = await store.get(key, { maxBytes })
    // A lease that ended meanwhile is no problem, nor is a listing that was stale.
    return bytes && check(key, bytes)
  } catch (error) {
    const isDamage = error instanceof FormatError || error instanceof IntegrityError || isUnreadable(error)
    if (isDamage) return error.message
    throw error
  }
}
