// A reader of Cairn repositories that was written from SPEC.md alone: it shares no line with format/ or src/, and its cryptography
// is a published library. Slow and plain on purpose. What it refuses carries the section of SPEC.md that was violated.
// node test/independent-reader.ts REPO (--identity FILE | --recovery CODE) (--list | --restore SNAPSHOT_HEX DIR)
import fs from 'node:fs'
import zlib from 'node:zlib'
import { gcm } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { sha3_256, shake256 } from '@noble/hashes/sha3.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'

/** A violated MUST of SPEC.md. */
class Refusal extends Error {}
function must(condition: unknown, section: string, message: string): asserts condition {
  if (!condition) throw new Refusal(`§${section}: ${message}`)
}

// §1 Conventions
type Bytes = Uint8Array
const MiB = 1 << 20
const D = (name: string): Buffer => Buffer.from(`cairn/v1/${name}\0`, 'latin1')
const H = (...parts: Bytes[]): Buffer => Buffer.from(sha256(Buffer.concat(parts)))
const HMAC = (key: Bytes, ...parts: Bytes[]): Buffer => Buffer.from(hmac(sha256, key, Buffer.concat(parts)))
const HKDF = (ikm: Bytes, salt: Bytes, ...info: Bytes[]): Buffer => Buffer.from(hkdf(sha256, ikm, salt, Buffer.concat(info), 32))
const u8 = (n: number): Buffer => Buffer.from([n])
const u32 = (n: number): Buffer => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')
const same = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) === 0
const hasMagic = (object: Buffer, text: string, zeroFrom: number, zeroTo: number): boolean =>
  object.toString('latin1', 0, 9) === `${text}\x01` && object.subarray(zeroFrom, zeroTo).every((byte) => byte === 0)
function openAead(key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes): Buffer {
  return Buffer.from(gcm(key, Buffer.concat([Buffer.alloc(8), u32(nonce)]), Buffer.concat(ad)).decrypt(sealed))
}
/** §4.7: opens what is sealed in a frame. */
function openFrame(key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes, maxRaw: number): Buffer {
  const plain = openAead(key, nonce, ad, sealed)
  must(plain.length >= 8 && plain.readUInt32BE() >>> 25 === 0 && plain.readUIntBE(1, 3) === 0, '4.7', 'header of a frame')
  const [raw, payload] = [plain.readUInt32BE(4), plain.subarray(8)]
  must(raw <= maxRaw && (plain[0] === 1 || payload.length === raw), '4.7', `length of a frame of ${raw}`)
  if (plain[0] === 0) return payload
  const { buffer, engine } = zlib.zstdDecompressSync(payload, { maxOutputLength: Math.max(raw, 1), info: true }) as unknown as Decompressed
  must(buffer.length === raw && engine.bytesWritten === payload.length, '4.7', 'length of a zstd frame')
  return buffer
}
type Decompressed = { buffer: Buffer; engine: { bytesWritten: number } }

// §1 CBOR: decoded loosely, encoded strictly, and both must be the same bytes
type Cbor = number | boolean | null | string | Buffer | Cbor[] | Map<Cbor, Cbor>
/** Decodes the value that starts at an offset, and says where it ends. */
function decodeAt(bytes: Buffer, start: number): [value: Cbor, end: number] {
  let at = start
  const take = (length: number): Buffer => {
    must(length <= bytes.length - at, '1', 'CBOR ends early')
    return bytes.subarray(at, (at += length))
  }
  const next = (depth: number): Cbor => {
    const head = take(1)[0]!
    const [major, info] = [head >> 5, head & 31]
    must(major !== 6 && info <= 27 && (major !== 7 || (info >= 20 && info <= 22)), '1', 'CBOR tag, float or indefinite length')
    if (major === 7) return info === 22 ? null : info === 21
    const n = info < 24 ? info : Number(`0x${hex(take(1 << (info - 24)))}`)
    must(n <= Number.MAX_SAFE_INTEGER - major && (major < 2 || n <= bytes.length - at), '1', 'CBOR integer or length')
    if (major < 2) return major === 0 ? n : -1 - n
    if (major < 4) return major === 2 ? take(n) : take(n).toString()
    must(depth < 16, '1', 'CBOR nested beyond 16')
    const items = Array.from({ length: major === 4 ? n : 2 * n }, () => next(depth + 1))
    return major === 4 ? items : new Map(items.flatMap((key, i) => (i % 2 === 0 ? [[key, items[i + 1]!]] : [])))
  }
  const value = next(0)
  must(same(encode(value), bytes.subarray(start, at)), '1', 'CBOR is not deterministic')
  return [value, at]
}
function decode(bytes: Buffer): Cbor {
  const [value, end] = decodeAt(bytes, 0)
  must(end === bytes.length, '1', 'CBOR with trailing bytes')
  return value
}
function encodeHead(major: number, n: number): Buffer {
  if (n < 24) return u8((major << 5) | n)
  const size = n < 1 << 8 ? 0 : n < 1 << 16 ? 1 : n < 2 ** 32 ? 2 : 3
  return Buffer.from(((major << 5) | (24 + size)).toString(16) + n.toString(16).padStart(2 << size, '0'), 'hex')
}
function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value)
  if (value === null || typeof value === 'boolean') return u8(value === null ? 0xf6 : value ? 0xf5 : 0xf4)
  if (typeof value === 'string') return Buffer.concat([encodeHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([encodeHead(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([encodeHead(4, value.length), ...value.map(encode)])
  const fields = Array.from(value, ([key, item]) => [encode(key), encode(item)] as const).sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([encodeHead(5, value.size), ...fields.flat()])
}

// Shapes of records: each takes a decoded value and gives it back with its type
type Shape<T> = (value: Cbor, at: string) => T
type Shapes = Record<string, Shape<unknown>>
type Record_<R extends Shapes, O extends Shapes> = { [K in keyof R]: ReturnType<R[K]> } & { [K in keyof O]?: ReturnType<O[K]> }
function where<T>(test: (value: Cbor) => boolean): Shape<T> {
  return (value, at) => {
    must(test(value), '1', `${at} is not what it must be`)
    return value as T
  }
}
const any = where<Cbor>(() => true)
const int = where<number>((value) => typeof value === 'number')
const uint = where<number>((value) => typeof value === 'number' && value >= 0)
const text = where<string>((value) => typeof value === 'string')
const bool = where<boolean>((value) => typeof value === 'boolean')
const bytes = (min = 0, max = min || 2 ** 32): Shape<Buffer> =>
  where((value) => value instanceof Uint8Array && value.length >= min && value.length <= max)
const [b8, b16, b32] = [bytes(8), bytes(16), bytes(32)]
const oneOf = <T extends string | number>(...values: T[]): Shape<T> => where((value) => values.some((known) => known === value))
const array = where<Cbor[]>((value) => Array.isArray(value))
const list = <T>(of: Shape<T>, min = 0, max = 2 ** 32): Shape<T[]> => {
  return (value, at) =>
    where<Cbor[]>(() => array(value, at).length >= min && array(value, at).length <= max)(value, at).map((item) => of(item, at))
}
const tuple = <S extends Shape<unknown>[]>(...shapes: S): Shape<{ [K in keyof S]: ReturnType<S[K]> }> => {
  return (value, at) =>
    list(any, shapes.length, shapes.length)(value, at).map((item, i) => shapes[i]!(item, at)) as ReturnType<Shape<never>>
}
const map = where<Map<Cbor, Cbor>>((value) => value instanceof Map)
const texts = (key: RegExp, of: Shape<unknown>): Shape<Map<string, Cbor>> => {
  return (value, at) => {
    for (const [name, item] of map(value, at)) must(key.test(text(name, at)) && of(item, at) !== undefined, '1', `${at} has a wrong key`)
    return value as Map<string, Cbor>
  }
}
function record<R extends Shapes, O extends Shapes = Record<never, never>>(required: R, optional?: O): Shape<Record_<R, O>> {
  const shapes = new Map(
    Object.entries({ ...required, ...optional }).map(([name, of]) => [/^\d/.test(name) ? Number(name) : name, of] as const),
  )
  return (value, at) => {
    for (const name of Object.keys(required)) must(map(value, at).has(/^\d/.test(name) ? Number(name) : name), '1', `${at} has no ${name}`)
    const field = ([name, item]: [Cbor, Cbor]): [string, unknown] => {
      const of = shapes.get(name as string)
      must(of, '1', `${at} has the unknown key ${String(name)}`)
      return [String(name), of(item, `${at}.${String(name)}`)]
    }
    return Object.fromEntries(Array.from(map(value, at), field)) as Record_<R, O>
  }
}

// §5.2, §5.3, §7: the records. One line a concern.
const keyring = record(
  { repository: b32, label: text, write: record({ id: b32, gear: b32, index: b32, journal: b32 }) },
  { read: list(tuple(uint, b32), 1), signing: b32 },
)
const KDF = {
  identity: record({ alg: oneOf('x-wing'), ciphertext: bytes(1120) }),
  recovery: record({ alg: oneOf('hkdf') }),
  passphrase: record({ alg: oneOf('argon2id'), salt: b16, memoryKiB: uint, passes: uint, lanes: uint }),
}
const slotKind = oneOf('identity', 'passphrase', 'recovery')
const slot = record({ v: oneOf(1), id: b16, repository: b32, member: b32, kind: slotKind, kdf: any, nonce: bytes(24), wrapped: bytes() })
const role = oneOf('owner', 'maintainer', 'writer', 'reader', 'approver', 'witness')
const member = record({ key: b32, roles: list(role, 1) }, { series: list(b16, 1) })
const sorted = (names: string[]): boolean => names.every((name, i) => /^[a-z0-9-]{1,32}$/.test(name) && (i === 0 || names[i - 1]! < name))
const names: Shape<string[]> = (value, at) => where<string[]>(() => sorted(list(text)(value, at)))(value, at)
const FEATURES = { read: names, write: names, check: names, delete: names }
const genesis = record({ version: oneOf(1), sealing: bytes(1216), keys: b32, members: list(member, 1, 1024), features: record(FEATURES) })
const LINK = { repository: b32, sequence: uint, previous: b32, operation: b16, member: b32 }
const journalEntry = record({ v: oneOf(1), ...LINK, event: text, time: int, clear: texts(/^/, any), sealed: bytes() })
const packs = where<Buffer>((value) => value instanceof Uint8Array && value.length % 32 === 0 && value.length <= 32 * 16_384)
const permissionChange = record({ add: list(member), remove: list(b32) })
const snapshotCreated = record({ manifest: b32, series: b16 })
/** §7.4: the letters of who may, the names, the clear fields. */
const EVENTS: readonly [who: string, names: string, clear: Shape<unknown>][] = [
  ['ow', 'snapshot_created', snapshotCreated],
  ['om', 'tag_set tag_removed', record({ manifest: b32 })],
  ['o', 'permission_change', permissionChange],
  ['o', 'key_slot_added key_slot_removed', record({ slot: b16, kind: text, member: b32 })],
  ['o', 'checkpoint', record({ state: b32, sequence: uint })],
  ['or', 'attest', record({ packs })],
  ['o', 'features_set', record(FEATURES)],
  ['o', 'grant_issued', record({ grant: b16, member: b32 })],
  ['o', 'grant_revoked', record({ grant: b16 })],
  ['o', 'journal_accepted', record({ sequence: uint, hash: b32 })],
  ['omwrax', 'audit_batch', record({ records: list(bytes(), 1) })],
  ['ow', 'backup_started backup_completed backup_failed', record({})],
  ['or', 'restore_attempted restore_completed restore_failed snapshot_restored', record({})],
  ['omr', 'verify_completed verify_failed repair_completed repair_failed', record({})],
  ['omwra', 'action_planned action_confirmed action_refused grant_used', record({})],
]
const RESERVED = `snapshot_deleted snapshot_undeleted prune_marked prune_swept policy_set snapshot_rewritten epoch_added promoted grafted
  plan_approved witness_head login_succeeded login_failed logged_out resource_created resource_updated resource_deleted bundle_exported
  bundle_imported release_created release_activated release_rolled_back guard_started guard_completed guard_failed drill_completed
  drill_failed erased`.split(/\s+/)

// §6.5, §6.6, §6.7: manifest, stream, tree
type Item = readonly [length: number, id?: Buffer]
type Stream = readonly [size: number, depth: number, items: readonly Item[]]
type Entry = ReturnType<typeof entryFields>
type Member = ReturnType<typeof member>
type Members = ReadonlyMap<string, Member>

const item: Shape<Item> = (value, at) => (array(value, at).length === 1 ? tuple(uint)(value, at) : tuple(uint, b32)(value, at))
const items = list(item, 0, 4096)
const stream = tuple(uint, uint, items)
const xattrValue: Shape<unknown> = (value, at) => (Array.isArray(value) ? stream(value, at) : bytes(0, 4096)(value, at))
const XATTRS = list(tuple(bytes(1, 255), xattrValue), 1)
const entryFields = record(
  { 1: bytes(0, 255), 2: oneOf(1, 2, 3, 4, 5, 6, 7), 3: uint, 4: uint, 5: uint, 8: tuple(int, uint) },
  { 6: text, 7: text, 9: stream, 10: bytes(1, 4095), 11: b8, 12: XATTRS, 13: tuple(uint, uint), 14: b32, 15: oneOf(1, 2, 3) },
)
const entry: Shape<Entry> = (value, at) => {
  const found = entryFields(value, at)
  const type = found[2]
  const xattrs = (found[12] ?? []).map(([name]) => name)
  must(found[3] <= 0o7777 && found[8][1] < 1e9, '6.7', 'mode or time of an entry')
  must((type === 1 || type === 2) === (found[9] !== undefined) && (type === 3) === (found[10] !== undefined), '6.7', 'content or target')
  must((type === 6 || type === 7) === (found[13] !== undefined) && !(type === 2 && found[11]), '6.7', 'device or link of an entry')
  must(
    !found[10]?.includes(0) && xattrs.every((name, i) => !name.includes(0) && (i === 0 || ascends(xattrs[i - 1]!, name))),
    '6.7',
    'NUL, or xattrs',
  )
  return found
}
const ascends = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) < 0
const isName = (name: Buffer): boolean => name.length > 0 && !/[/\0]|^\.{1,2}$/.test(name.toString('latin1'))
const counts = tuple(uint, uint)
const COUNTS = { files: uint, directories: uint, symlinks: uint, others: uint, bytes: uint, newBytes: uint, storedBytes: uint }
const classes = record({ database: counts, files: counts, config: counts, logs: counts })
const statistics = record({ ...COUNTS, newFiles: uint, changedFiles: uint, classes })
const problemKind = oneOf('changed', 'vanished', 'unreadable', 'unsupported', 'metadata')
const problems = list(record({ path: bytes(), kind: problemKind, message: text }), 0, 1000)
const WHO = { createdAt: int, durationMs: uint, createdBy: text, actor: text, source: text, description: text, requestId: text }
const WITH = { environment: text, host: text, toolVersion: text, applicationVersion: text, storageSpecVersion: text }
const ROOT = { roots: list(record({ path: bytes(), at: bytes() }), 1), root: entry, excludes: list(text), statistics }
const STATE = { tags: texts(/^[A-Za-z0-9._-]{1,64}$/, text), complete: bool, problems, problemCount: uint }
const manifestFields = record(
  { format: oneOf(1), backupId: b16, contentId: b32, series: text, parents: list(b32), ...WHO, ...WITH, ...ROOT, ...STATE },
  { extensions: texts(/^/, any) },
)

// §4.3 X-Wing, §4.6 signatures
class XWing {
  readonly mlKem: { readonly publicKey: Bytes; readonly secretKey: Bytes }
  readonly x: Bytes
  constructor(seed: Bytes) {
    const expanded = shake256(seed, { dkLen: 96 })
    this.mlKem = ml_kem768.keygen(expanded.subarray(0, 64))
    this.x = expanded.subarray(64)
  }
  /** The shared secret; x25519 itself refuses an all-zero result. */
  secret(ciphertext: Buffer): Buffer {
    const [ctM, ctX] = [ciphertext.subarray(0, 1088), ciphertext.subarray(1088)]
    const secrets = [ml_kem768.decapsulate(ctM, this.mlKem.secretKey), x25519.getSharedSecret(this.x, ctX)]
    return Buffer.from(sha3_256(Buffer.concat([...secrets, ctX, x25519.getPublicKey(this.x), Buffer.from('5c2e2f2f5e5c', 'hex')])))
  }
}
const memberId = (key: Bytes): Buffer => H(D('member'), key)
const isSigned = (kind: string, repo: Bytes, { key }: Member, signed: Bytes, signature: Bytes): boolean =>
  ed25519.verify(signature, Buffer.concat([D(`sign-${kind}`), repo, memberId(key), H(signed)]), key, { zip215: false })
const mayCommit = ({ roles, series }: Member, tag: Bytes): boolean =>
  roles.includes('owner') || (roles.includes('writer') && (series === undefined || series.some((own) => same(own, tag))))

// §5.3, §5.4: ways to unlock. `repository` is the id, or its first 8 bytes.
type Unlock = Readonly<{ repository: Buffer; kind: 'identity' | 'recovery'; slot?: string; secret(ciphertext: Buffer): Buffer }>
function unlockByIdentity(file: string): Unlock {
  const json = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>
  must(json['cairn'] === 'identity' && json['version'] === 1, '5', 'not an identity file of version 1')
  const key = new XWing(Buffer.from(String(json['unlockSeed']), 'hex'))
  const repository = Buffer.from(String(json['repository']), 'hex')
  must(repository.length === 32, '5', 'an identity file has a repository')
  return { repository, kind: 'identity', slot: String(json['slot']), secret: (ciphertext) => key.secret(ciphertext) }
}
function unlockByRecoveryCode(code: string): Unlock {
  const symbols = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  must(/^[0-9A-HJKMNP-TV-Z]{52}$/.test(symbols), '5.4', 'a recovery code has 52 symbols')
  const digits = Array.from(symbols, (symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  const payload = Buffer.from(Array.from({ length: 32 }, (_, i) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 2)))
  must(digits.endsWith('0000') && payload[0] === 1, '5.4', 'padding or version of the recovery code')
  must(same(H(D('recovery-code'), payload.subarray(0, 29)).subarray(0, 3), payload.subarray(29)), '5.4', 'mistyped recovery code')
  return { repository: payload.subarray(21, 29), kind: 'recovery', secret: () => payload.subarray(1, 21) }
}

type Place = Readonly<{ pack: string; block: number; at: number; sealed: number; raw: number; offset: number; length: number }>
type Snapshot = Readonly<{ manifest: string; sequence: number; tag: Buffer; members: Members; details: Map<Cbor, Cbor> | undefined }>
const journalKey = (sequence: number): string => `journal/${String(sequence).padStart(16, '0')}`
const kindOf = (pack: string): number => (pack.startsWith('packs/data/') ? 1 : 2)
const ID = /^[0-9a-f]{64}$/

function readSlot(object: Buffer) {
  must(object.length <= MiB, '7.3', 'larger than 1 MiB')
  const [body, signature] = tuple(bytes(), bytes(64))(decode(object), 'slot')
  return { value: decode(body), body, signature, ...journalEntry(decode(body), 'entry') }
}
function readGenesis(object: Buffer) {
  const { event, sequence, repository, previous, member, body, signature, clear } = readSlot(object)
  const [{ members, features, keys }, zero] = [genesis(clear, 'genesis'), Buffer.alloc(32)]
  must(event === 'repository_created' && sequence === 0 && same(repository, zero) && same(previous, zero), '7.2', 'not a genesis entry')
  must(same(memberId(members[0]!.key), member) && members[0]!.roles.includes('owner'), '7.2', 'genesis: first member')
  must(isSigned('journal-entry', zero, members[0]!, body, signature), '9.1.3', 'forged genesis')
  return { members, features, keys }
}
/** The places of all chunks of one pack; its counts and sizes MUST add up (§6.1). */
function placesOf(pack: string, blocks: Buffer, lengths: Buffer): Place[] {
  const places: Place[] = []
  for (let block = 0, at = 1200; 12 * block < blocks.length; block++) {
    const [sealed, raw, chunks] = [0, 4, 8].map((field) => blocks.readUInt32BE(12 * block + field)) as [number, number, number]
    must(raw <= 16 * MiB && chunks > 0 && 4 * (places.length + chunks) <= lengths.length, '6.1', `counts of ${pack}`)
    let offset = 0
    for (let length = 0, i = 0; i < chunks; i++, offset += length) {
      length = lengths.readUInt32BE(4 * places.length)
      must(length > 0 && length <= 8 * MiB, '6.1', `a chunk of ${length} bytes in ${pack}`)
      places.push({ pack, block, at, sealed, raw, offset, length })
    }
    must(offset === raw, '6.1', `chunks of a block of ${pack} do not add up`)
    at += sealed
  }
  must(places.length > 0 && 4 * places.length === lengths.length, '6.1', `counts of ${pack}`)
  return places
}
/** Cuts bytes into parts of these sizes; they MUST be all of it. */
function cut(whole: Buffer, sizes: readonly number[]): Buffer[] {
  must(sizes.reduce((sum, size) => sum + size, 0) === whole.length, '6', 'a body is not as long as its counts say')
  return sizes.map((size, i) => whole.subarray(...[0, size].map((end) => end + sizes.slice(0, i).reduce((sum, n) => sum + n, 0))))
}

/** An open repository. `notes` says what was skipped and what was left out. */
export class Repository {
  readonly root: string
  readonly notes: string[] = []
  readonly snapshots: Snapshot[] = []
  readonly id: Buffer
  readonly keys: ReturnType<typeof keyring>
  readonly readKeys: ReadonlyMap<number, XWing>
  members: Members = new Map()
  features: readonly string[]
  readonly everMembers = new Map<string, Member>()
  readonly places = new Map<string, Place[]>()
  directoriesRead = false
  readonly packs = new Map<string, { object: Buffer; key: (name: string) => Buffer }>()
  readonly blocks = new Map<string, Buffer>()

  /** §9.1 */
  constructor(root: string, unlock: Unlock) {
    this.root = root
    const object = this.need(journalKey(0), MiB)
    this.id = H(object)
    must(same(this.id.subarray(0, unlock.repository.length), unlock.repository), '9.1.2', 'another repository in this place')
    const { members, features, keys } = readGenesis(object)
    const hints = this.get('cairn.json', 1 << 16)
    const json = hints === undefined ? { magic: 'cairn', version: 1, repository: hex(this.id), features } : JSON.parse(hints.toString())
    must(
      json.magic === 'cairn' && json.version === 1 && json.repository === hex(this.id),
      '5.1',
      'cairn.json contradicts the genesis entry',
    )
    this.change(members, [])
    this.keys = this.unlock(unlock, keys)
    this.readKeys = new Map(this.keys.read?.map(([epoch, seed]) => [epoch, new XWing(seed)]))
    this.features = features.read
    this.replay()
    must(this.features.length + json.features.read.length === 0, '9.1.7', 'a newer format')
    for (const name of this.list('index', ID)) this.attempt(`index/${name}`, () => this.segment(name))
  }
  get(key: string, maxBytes: number): Buffer | undefined {
    const size = fs.statSync(`${this.root}/${key}`, { throwIfNoEntry: false })?.size
    must(size === undefined || size <= maxBytes, '10', `${key} has ${size} bytes`)
    return size === undefined ? undefined : fs.readFileSync(`${this.root}/${key}`)
  }
  need(key: string, maxBytes: number): Buffer {
    const object = this.get(key, maxBytes)
    must(object, '3', `${key} is absent`)
    return object
  }
  list(folder: string, name: RegExp): string[] {
    const found = fs.existsSync(`${this.root}/${folder}`) ? fs.readdirSync(`${this.root}/${folder}`) : []
    return found.filter((key) => name.test(key)).sort()
  }
  /** A failure that SPEC.md lets a reader step over is noted. */
  attempt<T>(what: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.notes.push(`${what}: ${String(error)}`)
      return undefined
    }
  }

  // §5.3
  unlock(unlock: Unlock, commitment: Buffer): ReturnType<typeof keyring> {
    for (const name of this.list('keys', /^[0-9a-f]{32}$/).slice(0, 1024)) {
      const opened = (unlock.slot ?? name) === name ? this.attempt(`keys/${name}`, () => this.openSlot(name, unlock)) : undefined
      if (opened === undefined) continue
      const { id, gear, index, journal } = opened.write
      must(same(opened.repository, this.id), '9.1.4', 'a foreign keyring')
      must(same(H(D('write-keys'), id, gear, index, journal), commitment), '9.1.4', 'substituted keys')
      return opened
    }
    throw new Refusal(`§9.1.4: no slot opens: ${this.notes.join('; ')}`)
  }
  openSlot(name: string, unlock: Unlock): ReturnType<typeof keyring> | undefined {
    const value = map(decode(this.need(`keys/${name}`, 1 << 16)), 'slot')
    const { id, repository, kind, kdf, nonce, wrapped } = slot(value, 'slot')
    must(hex(id) === name && same(repository, this.id), '5.3', 'a foreign slot')
    const { ciphertext } = KDF[kind](kdf, 'kdf') as { ciphertext?: Buffer }
    if (kind !== unlock.kind) return undefined
    const kek = HKDF(unlock.secret(ciphertext ?? nonce), this.id, D('slot-kek'), id)
    const clear = encode(new Map([...value].filter(([key]) => key !== 'wrapped')))
    return keyring(decode(Buffer.from(xchacha20poly1305(kek, nonce, Buffer.concat([D('key-slot'), clear])).decrypt(wrapped))), 'keyring')
  }

  // §7.3, §7.4
  change(added: readonly Member[], removed: readonly Buffer[]): void {
    const next = new Map([...this.members].filter(([id]) => !removed.some((gone) => hex(gone) === id)))
    for (const one of added) next.set(hex(memberId(one.key)), one)
    must([...next.values()].some(({ roles }) => roles.includes('owner')) && next.size <= 1024, '7.4', 'no owner, or too many members')
    this.members = next
    for (const [id, one] of next) this.everMembers.set(id, one)
  }
  replay(): void {
    const last = Number(this.list('journal', /^\d{16}$/).at(-1))
    for (let sequence = 1, previous = this.id; ; sequence++) {
      const object = this.get(journalKey(sequence), Number.MAX_SAFE_INTEGER)
      must(object !== undefined || sequence > last, '7.3', `journal entry ${sequence} is missing: omission`)
      if (object === undefined) return
      const event = this.attempt(`journal slot ${sequence} is void`, () => this.apply(object, sequence, previous))
      must(event === undefined || !RESERVED.includes(event), '7.4', `${event}: a newer repository`)
      previous = H(object.subarray(0, MiB))
    }
  }
  /** Applies one slot and gives its event; throws when the slot is void. */
  apply(object: Buffer, at: number, before: Buffer): string {
    const { value, body, signature, repository, sequence, previous, member: by, event, clear, sealed } = readSlot(object)
    must(same(repository, this.id) && sequence === at && same(previous, before), '7.3', 'of another place in the chain')
    const signer = this.members.get(hex(by))
    must(signer && isSigned('journal-entry', this.id, signer, body, signature), '7.3', 'not a member, or not the signature')
    if (RESERVED.includes(event)) return event
    const [who, , shape] = EVENTS.find(([, known]) => known.split(' ').includes(event)) ?? ['', '', any]
    must(
      signer.roles.some((is) => who.includes(is === 'witness' ? 'x' : is[0]!)),
      '7.4',
      `${event} by ${signer.roles.join()}`,
    )
    shape(clear, event)
    if (event === 'permission_change') this.change(permissionChange(clear, event).add, permissionChange(clear, event).remove)
    if (event === 'features_set') this.features = record(FEATURES)(clear, event).read
    if (event !== 'snapshot_created') return event
    const { manifest, series: tag } = snapshotCreated(clear, event)
    must(mayCommit(signer, tag), '7.4', 'a writer of other series')
    const ad = [D('journal-details'), encode(new Map(map(value, event)).set('sealed', Buffer.alloc(0)))]
    const open = () =>
      openFrame(this.symmetric('journal', sealed.subarray(0, 32), 'journal-details-key'), 0, ad, sealed.subarray(32), 16 * MiB)
    const details = this.attempt(`details of entry ${at}`, () => map(decode(open()), 'details'))
    this.snapshots.push({ manifest: hex(manifest), sequence, tag, members: this.members, details })
    return event
  }

  // §4.4, §4.5
  symmetric(key: 'index' | 'journal', salt: Buffer, name: string): Buffer {
    return HKDF(this.keys.write[key], Buffer.concat([this.id, salt]), D(name))
  }
  derive(object: Buffer, at: number, kind: string, suffix: Bytes): (name: string) => Buffer {
    const key = this.readKeys.get(object.readUInt32BE(12))
    must(key && same(object.subarray(16, 48), this.id), '9.3.2', `another repository, or no read key of epoch ${object.readUInt32BE(12)}`)
    const secret = key.secret(object.subarray(at + 32, at + 1152))
    const derived = (name: string): Buffer => HKDF(secret, this.id, D(name), suffix, object.subarray(12, 16))
    must(same(derived(`${kind}-commitment`), object.subarray(at, at + 32)), '4.4', 'commitment')
    return derived
  }
  /** The checks that manifests and index segments share. */
  signed(
    key: string,
    maxBytes: number,
    [text, zeroTo, kind]: [string, number, string],
    mayHave: (member: Member) => boolean,
    members: Members,
  ): Buffer {
    const object = this.need(key, maxBytes)
    must(key.endsWith(hex(H(object))) && object.length > 200 && hasMagic(object, text, 9, zeroTo), '6', `${key}: name, magic or version`)
    const signer = members.get(hex(object.subarray(48, 80)))
    must(same(object.subarray(16, 48), this.id) && signer && mayHave(signer), '9.4.2', `${key}: repository, or role of the signer`)
    must(isSigned(kind, this.id, signer, object.subarray(0, -64), object.subarray(-64)), '4.6', `${key}: signature`)
    return object.subarray(0, -64)
  }

  // §6.5, §9.4.2
  manifest({ manifest: name, tag, members, details }: Snapshot): ReturnType<typeof manifestFields> {
    const object = this.signed(`manifests/${name}`, 17 * MiB, ['CAIRNMAN', 12, 'manifest'], (signer) => mayCommit(signer, tag), members)
    const key = this.derive(object, 80, 'manifest', Buffer.alloc(0))('manifest-key')
    const value = decode(openFrame(key, 0, [D('manifest'), object.subarray(0, 112)], object.subarray(1232), 16 * MiB))
    const found = manifestFields(value, 'manifest')
    const content = encode(map(map(value, 'manifest').get('root')!, 'root').get(9)!)
    must(
      same(HMAC(this.keys.write.journal, D('series'), Buffer.from(found.series)).subarray(0, 16), tag),
      '9.4.2',
      'series of another entry',
    )
    must(details && same(b16(details.get('backupId')!, 'backupId'), found.backupId), '9.4.2', 'backup id of another entry')
    must(
      found.root[2] === 2 && found.root[1].length === 0 && same(H(D('content-id'), content), found.contentId),
      '6.5',
      'root or content id',
    )
    must(found.complete === (found.problemCount === 0), '6.5', 'complete and problems')
    return found
  }

  // §6.4, §6.1, §9.3
  place(key: string, place: Place): void {
    this.places.set(key, [...(this.places.get(key) ?? []), place])
  }
  segment(name: string): void {
    const object = this.signed(`index/${name}`, 257 * MiB, ['CAIRNIDX', 16, 'index-segment'], () => true, this.everMembers)
    const key = this.symmetric('index', object.subarray(80, 112), 'index-segment-key')
    const whole = openFrame(key, 0, [D('index-segment'), object.subarray(0, 112)], object.subarray(112), 256 * MiB)
    const body = whole.subarray(4 + 32 * whole.readUInt32BE())
    const [p, b, n] = [body.readUInt32BE(), body.readUInt32BE(4), body.readUInt32BE(8)]
    const [, packs, blocks, lengths, ids] = cut(body, [12, 45 * p, 12 * b, 4 * n, 16 * n]) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    let [block, chunk] = [0, 0]
    for (let i = 0; i < p; i++) {
      const [id, kind] = [hex(packs.subarray(45 * i, 45 * i + 32)), packs[45 * i + 32]]
      must(kind === 1 || kind === 2, '6.4', 'kind of a pack')
      const [blockEnd, chunkEnd] = [block + packs.readUInt32BE(45 * i + 37), chunk + packs.readUInt32BE(45 * i + 41)]
      const pack = `packs/${kind === 1 ? 'data' : 'tree'}/${id.slice(0, 2)}/${id}`
      for (const place of placesOf(pack, blocks.subarray(12 * block, 12 * blockEnd), lengths.subarray(4 * chunk, 4 * chunkEnd)))
        this.place(`${kind} ${hex(ids.subarray(16 * chunk, 16 * ++chunk))}`, place)
      block = blockEnd
    }
    must(block === b && chunk === n, '6.4', 'counts do not add up')
  }
  pack(pack: string): { object: Buffer; key: (name: string) => Buffer } {
    const known = this.packs.get(pack)
    if (known !== undefined) return known
    const object = this.need(pack, 256 * MiB)
    must(object.length > 1240 && hasMagic(object, 'CAIRNPAK', 10, 12) && object[9] === kindOf(pack), '9.3.2', `header of ${pack}`)
    const opened = { object, key: this.derive(object, 48, 'pack', u8(object[9]!)) }
    if (this.packs.size > 3) this.packs.clear()
    this.packs.set(pack, opened)
    return opened
  }
  directory(pack: string): void {
    const { object, key } = this.pack(pack)
    const [directoryKey, about] = [key('pack-directory-key'), [this.id, u8(kindOf(pack))]]
    const footer = openAead(directoryKey, 1, [D('footer'), ...about], object.subarray(-24))
    const [offset, end] = [footer.readUInt32BE(), footer.readUInt32BE() + footer.readUInt32BE(4)]
    must(end <= object.length - 24, '6.1', `directory of ${pack}`)
    const body = openFrame(directoryKey, 0, [D('directory'), ...about], object.subarray(offset, end), 192 * MiB)
    const [b, n] = [body.readUInt32BE(), body.readUInt32BE(4)]
    const [, blocks, kinds, lengths, ids] = cut(body, [8, 12 * b, n, 4 * n, 32 * n]) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    const places = placesOf(pack, blocks, lengths)
    must(b <= 65_535 && n <= 4_194_304 && places.at(-1)!.at + places.at(-1)!.sealed === offset, '6.1', `blocks of ${pack}`)
    must(
      kinds.every((kind) => (kindOf(pack) === 1 ? kind === 1 : kind === 2 || kind === 3)),
      '6.1',
      `kinds of chunks in ${pack}`,
    )
    for (const [i, place] of places.entries()) this.place(`${kinds[i]} ${hex(ids.subarray(32 * i, 32 * i + 32))}`, place)
  }
  readDirectories(): void {
    this.directoriesRead = true
    for (const kind of ['packs/data', 'packs/tree'])
      for (const two of this.list(kind, /^[0-9a-f]{2}$/))
        for (const name of this.list(`${kind}/${two}`, ID)) this.attempt(name, () => this.directory(`${kind}/${two}/${name}`))
  }
  piece(kind: number, id: Buffer, { pack, block, at, sealed, raw, offset, length }: Place): Buffer {
    const { object, key } = this.pack(pack)
    const ad = [D('block'), this.id, u8(kindOf(pack)), u32(block)]
    const open = () => openFrame(key('pack-block-key'), block, ad, object.subarray(at, at + sealed), 16 * MiB)
    const opened = this.blocks.get(`${pack}/${block}`) ?? open()
    must(opened.length === raw, '9.3.4', `raw size of block ${block} of ${pack}`)
    if (this.blocks.size > 8) this.blocks.clear()
    this.blocks.set(`${pack}/${block}`, opened)
    const piece = opened.subarray(offset, offset + length)
    must(same(HMAC(this.keys.write.id, D('chunk-id'), u8(kind), H(piece)), id), '9.3.5', `${hex(id)} is not in block ${block} of ${pack}`)
    return piece
  }
  chunk(kind: number, id: Buffer): Buffer {
    for (const key of [`${kind === 1 ? 1 : 2} ${hex(id.subarray(0, 16))}`, `${kind} ${hex(id)}`]) {
      if (key.length > 40 && !this.directoriesRead) this.readDirectories()
      for (const place of this.places.get(key) ?? []) {
        const piece = this.attempt(`chunk ${hex(id)}`, () => this.piece(kind, id, place))
        if (piece !== undefined) return piece
      }
    }
    throw new Refusal(`§9.3: no pack has the chunk ${hex(id)}`)
  }

  // §6.6, §6.7
  *leaves(of: 'file' | 'directory', [size, depth, items_]: Stream): Generator<Item> {
    must(
      items_.reduce((sum, [length]) => sum + length, 0) === size && depth <= 4 && (size > 0 || depth === 0),
      '6.6',
      'a stream does not add up',
    )
    must(
      items_.every(([length, id]) => length > 0 && (id || (depth === 0 && of === 'file'))),
      '6.6',
      'an item that may not be',
    )
    for (const one of items_)
      if (depth === 0) yield one
      else yield* this.leaves(of, [one[0], depth - 1, items(decode(this.chunk(3, one[1]!)), 'list')])
  }
  piecesOf(kind: number, [length, id]: Item): Buffer {
    const piece = this.chunk(kind, id!)
    must(piece.length === length, '6.6', 'a chunk is not as long as its item says')
    return piece
  }
  *tree(stream_: Stream): Generator<{ entry: Entry; rest: Buffer }> {
    let before = Buffer.alloc(0)
    for (const leaf of this.leaves('directory', stream_)) {
      const chunk = this.piecesOf(2, leaf)
      for (let at = 0, start = 0; at < chunk.length; start = at) {
        const [value, end] = decodeAt(chunk, at)
        at = end
        const found = entry(value, 'entry')
        must(end - start <= MiB && isName(found[1]) && ascends(before, found[1]), '6.7', 'size, name or order of an entry')
        before = Buffer.from(found[1])
        yield { entry: found, rest: encode([...map(value, 'entry')].slice(1).flat()) }
      }
    }
  }
}

// §9.5
function restore(repository: Repository, prefix: string, target: string): void {
  const found = repository.snapshots.filter(({ manifest }) => manifest.startsWith(prefix))
  must(new Set(found.map(({ manifest }) => manifest)).size === 1, '9.5.1', `${prefix} does not name one snapshot`)
  const { root } = repository.manifest(found.at(-1)!)
  must(!fs.existsSync(target) || fs.readdirSync(target).length === 0, '9.5.2', `${target} is not empty`)
  const directories: [path: Buffer, entry: Entry][] = [[Buffer.from(`${target}.restoring`), root]]
  const groups = new Map<string, { path: Buffer; rest: Buffer }>()
  fs.mkdirSync(directories[0]![0], 0o700)
  for (const [parent, directory] of directories)
    for (const { entry, rest } of repository.tree(directory[9]!)) {
      const path = Buffer.concat([parent, Buffer.from('/'), entry[1]])
      const first = entry[11] && groups.get(hex(entry[11]))
      must(!first || same(first.rest, rest), '6.7', `${path} differs within its group of hard links`)
      if (entry[11] && !first) groups.set(hex(entry[11]), { path, rest })
      if (first) fs.linkSync(first.path, path)
      else if (entry[2] === 2) directories.push([path, entry]) && fs.mkdirSync(path, 0o700)
      else create(repository, path, entry)
    }
  for (const [path, entry] of directories.reverse()) setMetadata(repository, path, entry)
  fs.renameSync(`${target}.restoring`, target)
}
function create(repository: Repository, path: Buffer, entry: Entry): void {
  if (entry[2] > 3) return void repository.notes.push(`left out: ${path} (type ${entry[2]})`)
  if (entry[2] === 3) fs.symlinkSync(entry[10]!, path)
  else writeFile(repository, path, entry)
  setMetadata(repository, path, entry)
}
function writeFile(repository: Repository, path: Buffer, entry: Entry): void {
  const [file, hash] = [fs.openSync(path, 'wx', 0o600), sha256.create()]
  let at = 0
  for (const item of repository.leaves('file', entry[9]!)) {
    const piece = item[1] ? repository.piecesOf(1, item) : Buffer.alloc(0)
    for (let done = 0; done < piece.length; ) done += fs.writeSync(file, piece, done, piece.length - done, at + done)
    if (entry[14]) hash.update(item[1] ? piece : Buffer.alloc(item[0]))
    at += item[0]
  }
  fs.ftruncateSync(file, at)
  fs.closeSync(file)
  must(!entry[14] || same(hash.digest(), entry[14]), '6.7', `${path}: SHA-256 of the whole file`)
}
/** Sets mode and times; ownership and xattrs are left out, and with ownership the set-id bits of somebody else's files. */
function setMetadata({ notes }: Repository, path: Buffer, entry: Entry): void {
  const own = entry[4] === process.getuid?.() && entry[5] === process.getgid?.()
  const seconds = entry[8][0] + entry[8][1] / 1e9
  if (!own) notes.push(`left out: ownership ${entry[4]}:${entry[5]} of ${path}`)
  if (entry[12]) notes.push(`left out: ${entry[12].length} xattrs of ${path}`)
  if (entry[2] === 3) return fs.lutimesSync(path, seconds, seconds)
  fs.chmodSync(path, entry[3] & (own ? 0o7777 : 0o1777))
  fs.utimesSync(path, seconds, seconds)
}

/** Runs the command line and gives the exit code: 0, or 1 for what was refused. */
export function main([root, how, secret, verb, prefix, target]: readonly string[], say = console.log, remark = console.error): number {
  try {
    must(root && secret && (verb === '--list' || (verb === '--restore' && prefix && target)), 'usage', 'see the head of the file')
    const repository = new Repository(root, how === '--identity' ? unlockByIdentity(secret) : unlockByRecoveryCode(secret))
    if (target) restore(repository, prefix!, target)
    else
      for (const { manifest, sequence, details } of repository.snapshots)
        say(sequence, manifest, details?.get('series'), details?.get('description'))
    for (const note of repository.notes) remark(note)
    return 0
  } catch (error) {
    remark(String(error))
    return 1
  }
}
if (import.meta.main) process.exitCode = main(process.argv.slice(2))
