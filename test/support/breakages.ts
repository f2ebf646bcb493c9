// What somebody who can write to the store does to a repository of two snapshots, one flaw each, named by it.

import fs from 'node:fs'
import type { IdentityFile } from '../../format/identity-file.ts'
import { decodeJournalEntry, decodeSigned, encodeJournalEntry, encodeSigned, type JournalEntry } from '../../format/journal.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { findSignature, type OddKey, type OddSignature, oddKey, torsionOf } from './odd-signatures.ts'

export interface Wreck {
  /** Root of the store to break. */
  readonly root: string
  /** Root of another repository of the same shape. */
  readonly other: string
  /** The owner. */
  readonly identity: IdentityFile
}

export interface Breakage {
  readonly name: string
  readonly apply: (wreck: Wreck) => void
}

/** Files below a folder of the store, in order. */
function filesIn(root: string, folder: string): string[] {
  const below = fs.readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })
  return below.flatMap((entry) => (entry.isFile() ? [`${entry.parentPath}/${entry.name}`] : [])).sort()
}

const slotFile = (root: string, sequence: number): string => `${root}/journal/${String(sequence).padStart(16, '0')}`

/** Turns a bit; an offset below zero counts from the end. */
function flip(file: string, offset: number): void {
  const bytes = fs.readFileSync(file)
  bytes[offset < 0 ? bytes.length + offset : offset]! ^= 0x10
  rewrite(file, bytes)
}

function rewrite(file: string, bytes: Uint8Array | string): void {
  fs.rmSync(file, { force: true })
  fs.writeFileSync(file, bytes)
}

function swap([one, two]: readonly string[]): void {
  const [first, second] = [fs.readFileSync(one!), fs.readFileSync(two!)]
  rewrite(one!, second)
  rewrite(two!, first)
}

function editJson(root: string, edit: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(fs.readFileSync(`${root}/cairn.json`, 'utf8')) as Record<string, unknown>
  edit(json)
  rewrite(`${root}/cairn.json`, JSON.stringify(json))
}

const ownSlot = ({ root, identity }: Wreck): string => `${root}/keys/${Buffer.from(identity.slot).toString('hex')}`
const otherSlot = ({ other }: Wreck): string => filesIn(other, 'keys')[0]!

/** Signs the last entry anew, after a change. */
function resign(
  { root, identity }: Wreck,
  change: (entry: JournalEntry) => JournalEntry,
  key = SigningKey.fromSeed(identity.signingSeed),
): void {
  const [inner] = decodeSigned(fs.readFileSync(slotFile(root, 2)), 1 << 20)
  const body = encodeJournalEntry(change(decodeJournalEntry(inner)))
  rewrite(slotFile(root, 2), encodeSigned([body, key.sign('journal-entry', identity.repository, body)]))
}

/** Appends an entry that makes the holder of an odd key an owner, and one that this owner signs: no reader knows the feature it asks for. */
function appendByOddKey({ root, identity }: Wreck, key: OddKey, isWanted: (found: OddSignature) => boolean): void {
  const owner = SigningKey.fromSeed(identity.signingSeed)
  const { repository } = identity
  const previous = fs.readFileSync(slotFile(root, 2))
  const bare = { ...decodeJournalEntry(decodeSigned(previous, 1 << 20)[0]), sealed: Buffer.alloc(0), operation: Buffer.alloc(16, 3) }
  const add = [{ key: key.publicKey, roles: ['owner'] }]
  const joins = encodeJournalEntry({
    ...bare,
    sequence: 3,
    previous: sha256(previous),
    event: 'permission_change',
    clear: { add, remove: [] },
  })
  const joined = encodeSigned([joins, owner.sign('journal-entry', repository, joins)])
  rewrite(slotFile(root, 3), joined)
  const clear = { read: ['unknown'], write: [], check: [], delete: [] }
  const member = key.memberId
  const asks = encodeJournalEntry({ ...bare, sequence: 4, previous: sha256(joined), member, event: 'features_set', clear })
  rewrite(slotFile(root, 4), encodeSigned([asks, findSignature(key, { kind: 'journal-entry', repository, bytes: asks }, isWanted)]))
}

const MIXED_ORDER = oddKey(0x1234567890abcdefn, 1)
const stranger = SigningKey.fromSeed(Buffer.alloc(32, 7))
const withoutIndex = (root: string): void => fs.rmSync(`${root}/index`, { recursive: true })
const everyPack = (root: string, change: (file: string) => void): void => filesIn(root, 'packs').forEach(change)

const cairnJson: readonly Breakage[] = [
  { name: 'cairn.json of another repository', apply: ({ root, other }) => fs.copyFileSync(`${other}/cairn.json`, `${root}/cairn.json`) },
  { name: 'cairn.json of a newer version', apply: ({ root }) => editJson(root, (json) => (json['version'] = 2)) },
  {
    name: 'cairn.json with an unknown read feature',
    apply: ({ root }) => editJson(root, (json) => (json['features'] = { read: ['new'], write: [], check: [], delete: [] })),
  },
]

const keySlots: readonly Breakage[] = [
  { name: 'key slot: a byte of the wrapped keyring flipped', apply: (wreck) => flip(ownSlot(wreck), -70) },
  { name: 'key slot: absent', apply: (wreck) => fs.rmSync(ownSlot(wreck)) },
  { name: 'key slot of another repository', apply: (wreck) => rewrite(ownSlot(wreck), fs.readFileSync(otherSlot(wreck))) },
]

const journal: readonly Breakage[] = [
  { name: 'genesis: a byte flipped', apply: ({ root }) => flip(slotFile(root, 0), 300) },
  { name: 'genesis: absent', apply: ({ root }) => fs.rmSync(slotFile(root, 0)) },
  { name: 'genesis of another repository', apply: ({ root, other }) => rewrite(slotFile(root, 0), fs.readFileSync(slotFile(other, 0))) },
  { name: 'journal: an entry left out', apply: ({ root }) => fs.rmSync(slotFile(root, 1)) },
  { name: 'journal: the last entry taken back', apply: ({ root }) => fs.rmSync(slotFile(root, 2)) },
  { name: 'journal: the last entry truncated', apply: ({ root }) => fs.truncateSync(slotFile(root, 2), 100) },
  { name: 'journal: a byte of an earlier entry flipped', apply: ({ root }) => flip(slotFile(root, 1), 200) },
  { name: 'journal: a byte of the last signature flipped', apply: ({ root }) => flip(slotFile(root, 2), -1) },
  { name: 'journal: entries swapped', apply: ({ root }) => swap([slotFile(root, 1), slotFile(root, 2)]) },
  { name: 'journal: an entry beyond 1 MiB', apply: ({ root }) => fs.appendFileSync(slotFile(root, 2), Buffer.alloc(1 << 20)) },
  {
    name: 'journal: an entry of another repository',
    apply: ({ root, other }) => rewrite(slotFile(root, 2), fs.readFileSync(slotFile(other, 2))),
  },
  {
    name: 'forged entry: signed by a stranger',
    apply: (wreck) => resign(wreck, (entry) => ({ ...entry, member: stranger.memberId }), stranger),
  },
  { name: 'forged entry: signed by a stranger in the name of the owner', apply: (wreck) => resign(wreck, (entry) => entry, stranger) },
  { name: 'entry with a wrong link', apply: (wreck) => resign(wreck, (entry) => ({ ...entry, previous: Buffer.alloc(32, 1) })) },
  { name: 'entry with a wrong sequence', apply: (wreck) => resign(wreck, (entry) => ({ ...entry, sequence: 3 })) },
  { name: 'entry with an unknown event', apply: (wreck) => resign(wreck, (entry) => ({ ...entry, event: 'snapshot_imagined' })) },
  { name: 'entry with a reserved event', apply: (wreck) => resign(wreck, (entry) => ({ ...entry, event: 'prune_swept' })) },
  {
    name: 'entry of a member whose key is of mixed order: it counts where the equation holds without the cofactor',
    apply: (wreck) => appendByOddKey(wreck, MIXED_ORDER, (found) => torsionOf(found) === 0),
  },
  { name: 'entry with a clear field too many', apply: (wreck) => resign(wreck, withExtraField) },
  { name: 'entry with details of another entry', apply: (wreck) => resign(wreck, (entry) => ({ ...entry, time: entry.time + 1 })) },
]

function withExtraField(entry: JournalEntry): JournalEntry {
  return { ...entry, clear: { ...entry.clear, zzz: 1 } }
}

const MANIFEST_PARTS = { version: 8, epoch: 15, repository: 20, signer: 50, commitment: 90, ciphertext: 600, body: 1300, signature: -3 }
const manifests: readonly Breakage[] = [
  ...Object.entries(MANIFEST_PARTS).map(([part, offset]): Breakage => {
    return {
      name: `manifest: a byte flipped in its ${part}`,
      apply: ({ root }) => filesIn(root, 'manifests').forEach((file) => flip(file, offset)),
    }
  }),
  { name: 'manifests swapped', apply: ({ root }) => swap(filesIn(root, 'manifests')) },
  { name: 'manifest: absent', apply: ({ root }) => filesIn(root, 'manifests').forEach((file) => fs.rmSync(file)) },
]

const PACK_PARTS = {
  version: 8,
  kind: 9,
  epoch: 15,
  repository: 20,
  commitment: 50,
  'ML-KEM ciphertext': 600,
  'X25519 key': 1190,
  block: 1300,
}
const packs: readonly Breakage[] = [
  ...Object.entries(PACK_PARTS).map(([part, offset]): Breakage => {
    return { name: `packs: a byte flipped in the ${part}`, apply: ({ root }) => everyPack(root, (file) => flip(file, offset)) }
  }),
  { name: 'data packs: absent', apply: ({ root }) => fs.rmSync(`${root}/packs/data`, { recursive: true }) },
  { name: 'tree packs: a byte flipped in the block', apply: ({ root }) => filesIn(root, 'packs/tree').forEach((file) => flip(file, 1300)) },
  { name: 'packs truncated', apply: ({ root }) => everyPack(root, (file) => fs.truncateSync(file, 1250)) },
  // LESSONS: CVE-2016-10099 and CVE-2023-36811 (borg): an object of one kind accepted in the place of another.
  { name: 'a tree pack in the place of each data pack', apply: ({ root }) => asData(root, filesIn(root, 'packs/tree')[0]!) },
  {
    name: 'no index, and a byte of the footers flipped',
    apply: ({ root }) => (withoutIndex(root), everyPack(root, (file) => flip(file, -5))),
  },
]

function asData(root: string, pack: string): void {
  for (const file of filesIn(root, 'packs/data')) rewrite(file, fs.readFileSync(pack))
}

/** One flaw each; both readers must refuse the last snapshot. */
export const breakages: readonly Breakage[] = [...cairnJson, ...keySlots, ...journal, ...manifests, ...packs]

/** What SPEC.md lets a reader step over: hints, padding, junk, and names that only a verification checks. */
export const HARMLESS: readonly Breakage[] = [
  { name: 'no cairn.json', apply: ({ root }) => fs.rmSync(`${root}/cairn.json`) },
  { name: 'no index', apply: ({ root }) => withoutIndex(root) },
  { name: 'index: a byte of each segment flipped', apply: ({ root }) => filesIn(root, 'index').forEach((file) => flip(file, 150)) },
  { name: 'index: segments swapped', apply: ({ root }) => swap(filesIn(root, 'index')) },
  {
    name: 'index: segments of another repository',
    apply: ({ root, other }) => fs.cpSync(`${other}/index`, `${root}/index`, { recursive: true }),
  },
  { name: 'packs: a byte of the footers flipped', apply: ({ root }) => everyPack(root, (file) => flip(file, -5)) },
  { name: 'data packs swapped', apply: ({ root }) => swap(filesIn(root, 'packs/data')) },
  { name: 'tree packs swapped', apply: ({ root }) => swap(filesIn(root, 'packs/tree')) },
  { name: 'journal: junk behind the last entry', apply: ({ root }) => fs.writeFileSync(slotFile(root, 3), 'junk') },
  {
    name: 'journal: an entry of a member whose key is of mixed order, which only the cofactor would make good',
    apply: (wreck) => appendByOddKey(wreck, MIXED_ORDER, (found) => torsionOf(found) !== 0),
  },
  {
    name: 'journal: an entry of a member whose key is of small order, for which anybody can sign',
    apply: (wreck) => appendByOddKey(wreck, oddKey(0n, 1), (found) => torsionOf(found) === 0),
  },
  { name: 'names that are no keys', apply: ({ root }) => fs.writeFileSync(`${root}/journal/9999`, 'junk') },
  { name: 'a recovery slot that is junk', apply: ({ root }) => fs.writeFileSync(`${root}/keys/${'0'.repeat(32)}`, 'junk') },
]
