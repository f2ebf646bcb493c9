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

function must(what: string, condition: unknown): asserts condition {
  if (!condition) throw new Error(what)
}

// §1 Conventions, §4.7 Frame
type Bytes = Uint8Array
const [MiB, ZERO, ID] = [1 << 20, Buffer.alloc(32), /^[0-9a-f]{64}$/]
const D = (name: string): Buffer => Buffer.from(`cairn/v1/${name}\0`, 'latin1')
const H = (...parts: Bytes[]): Buffer => Buffer.from(sha256(Buffer.concat(parts)))
const HMAC = (key: Bytes, ...parts: Bytes[]): Buffer => Buffer.from(hmac(sha256, key, Buffer.concat(parts)))
const HKDF = (ikm: Bytes, salt: Bytes, ...info: Bytes[]): Buffer => Buffer.from(hkdf(sha256, ikm, salt, Buffer.concat(info), 32))
const u8 = (n: number): Buffer => Buffer.from([n])
const u32 = (n: number): Buffer => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')
const same = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) === 0
const ascends = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) < 0
const openAead = (key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes): Buffer =>
  Buffer.from(gcm(key, Buffer.concat([Buffer.alloc(8), u32(nonce)]), Buffer.concat(ad)).decrypt(sealed))
function openFrame(key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes, maxRaw: number): Buffer {
  const plain = openAead(key, nonce, ad, sealed)
  const [codec, raw, payload] = [plain.readUInt32BE() / (1 << 24), plain.readUInt32BE(4), plain.subarray(8)]
  must('§4.7 header of a frame', raw <= maxRaw && (codec === 1 || (codec === 0 && payload.length === raw)))
  if (codec === 0) return payload
  const out = zlib.zstdDecompressSync(payload, { maxOutputLength: Math.max(raw, 1), info: true })
  const { buffer, engine } = out as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  must('§4.7 length of a zstd frame', buffer.length === raw && engine.bytesWritten === payload.length)
  return buffer
}

// §1 CBOR: decoded loosely, encoded strictly, and both must be the same bytes
type Cbor = number | boolean | null | string | Buffer | Cbor[] | Map<Cbor, Cbor>
function decodeSequence(bytes: Buffer): [value: Cbor, size: number][] {
  let at = 0
  const take = (length: number): Buffer => {
    must('§1 CBOR ends early', length <= bytes.length - at)
    at += length
    return bytes.subarray(at - length, at)
  }
  const next = (depth: number): Cbor => {
    const [major, info] = [bytes[at]! >> 5, take(1)[0]! & 31]
    must('§1 CBOR tag, float or indefinite length', major !== 6 && info <= 27 && (major !== 7 || (info >= 20 && info <= 22)))
    if (major === 7) return info === 22 ? null : info === 21
    const n = info < 24 ? info : Number(`0x${hex(take(1 << (info - 24)))}`)
    must('§1 CBOR integer or length', n <= Number.MAX_SAFE_INTEGER - (major & 1) && (major < 2 || n <= bytes.length - at))
    if (major < 2) return major === 0 ? n : -1 - n
    if (major < 4) return major === 2 ? take(n) : take(n).toString()
    must('§1 CBOR nested beyond 16', depth < 16)
    const items = Array.from({ length: major === 4 ? n : 2 * n }, () => next(depth + 1))
    return major === 4 ? items : new Map(items.flatMap((key, i) => (i % 2 === 0 ? [[key, items[i + 1]!]] : [])))
  }
  const found: [Cbor, number][] = []
  while (at < bytes.length) {
    const [start, value] = [at, next(0)]
    must('§1 CBOR is not deterministic', same(encode(value), bytes.subarray(start, at)))
    found.push([value, at - start])
  }
  return found
}
function decode(bytes: Buffer): Cbor {
  const found = decodeSequence(bytes)
  must('§1 CBOR of one value', found.length === 1)
  return found[0]![0]
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
type Shape<T> = (value: Cbor) => T
type Shapes = Record<string, Shape<unknown>>
type Of<R extends Shapes> = { [K in keyof R]: ReturnType<R[K]> }
function shape<T extends Cbor>(is: (value: Cbor) => value is T): Shape<T> {
  return (value) => {
    must('§1 a field that is not of its type or size', is(value))
    return value
  }
}
const any = (value: Cbor): Cbor => value
const int = shape((value) => typeof value === 'number')
const uint = shape((value): value is number => typeof value === 'number' && value >= 0)
const text = shape((value) => typeof value === 'string')
const bool = shape((value) => typeof value === 'boolean')
const map = shape((value) => value instanceof Map)
const bytes = (min = 0, max = min || 2 ** 32): Shape<Buffer> =>
  shape((value): value is Buffer => value instanceof Uint8Array && value.length >= min && value.length <= max)
const [b8, b16, b32] = [bytes(8), bytes(16), bytes(32)]
const oneOf = <T extends string | number>(...known: T[]): Shape<T> => shape((value): value is T => known.includes(value as T))
const array = (min = 0, max = 2 ** 32): Shape<Cbor[]> =>
  shape((value): value is Cbor[] => Array.isArray(value) && value.length >= min && value.length <= max)
const list = <T>(of: Shape<T>, min = 0, max = 2 ** 32): Shape<T[]> => {
  return (value) => array(min, max)(value).map((one) => of(one))
}
const tuple = <S extends Shape<unknown>[]>(...of: S): Shape<{ [K in keyof S]: ReturnType<S[K]> }> => {
  return (value) => array(of.length, of.length)(value).map((one, i) => of[i]!(one)) as { [K in keyof S]: ReturnType<S[K]> }
}
const texts = <T>(key: RegExp, of: Shape<T>): Shape<Map<string, T>> => {
  const name = shape((value): value is string => typeof value === 'string' && key.test(value))
  return (value) => new Map(Array.from(map(value), ([one, item]) => [name(one), of(item)]))
}
function recordWith<R extends Shapes, O extends Shapes>(required: R, optional: O): Shape<Of<R> & Partial<Of<O>>> {
  const [shapes, kind] = [new Map(Object.entries({ ...required, ...optional })), '1' in required ? int : text]
  return (value) => {
    const found: Record<string, unknown> = {}
    for (const [key, item] of map(value)) {
      const name = String(kind(key))
      must(`§1 unknown key ${name}`, shapes.has(name))
      found[name] = shapes.get(name)!(item)
    }
    for (const name of Object.keys(required)) must(`§1 no ${name}`, Object.hasOwn(found, name))
    return found as Of<R> & Partial<Of<O>>
  }
}
const record = <R extends Shapes>(required: R): Shape<Of<R>> => recordWith(required, {})

// §5.2, §5.3, §7: the records
const write = record({ id: b32, gear: b32, index: b32, journal: b32 })
const keyring = recordWith({ repository: b32, label: text, write }, { read: list(tuple(uint, b32), 1), signing: b32 })
type Keyring = ReturnType<typeof keyring>
const KDF = { identity: record({ alg: oneOf('x-wing'), ciphertext: bytes(1120) }), recovery: record({ alg: oneOf('hkdf') }) }
const slotKind = oneOf('identity', 'passphrase', 'recovery')
const slot = record({ v: oneOf(1), id: b16, repository: b32, member: b32, kind: slotKind, kdf: any, nonce: bytes(24), wrapped: bytes() })
const role = oneOf('owner', 'maintainer', 'writer', 'reader', 'approver', 'witness')
const memberFields = recordWith({ key: b32, roles: list(role, 1) }, { series: list(b16, 1) })
type Member = ReturnType<typeof memberFields>
type Members = ReadonlyMap<string, Member>
const members = (value: Cbor): Member[] => {
  const found = list(memberFields)(value)
  must('§7.2 a key twice', new Set(found.map(({ key }) => hex(key))).size === found.length)
  for (const { roles } of found) must('§7.2 a role twice', new Set(roles).size === roles.length)
  return found
}
const isFeature = (name: string, i: number, all: string[]): boolean => /^[a-z0-9-]{1,32}$/.test(name) && (i === 0 || all[i - 1]! < name)
const names = (value: Cbor): string[] => {
  must('§5.1 a list of features', list(text)(value).every(isFeature))
  return list(text)(value)
}
const FEATURES = { read: names, write: names, check: names, delete: names }
const hints = record({ magic: oneOf('cairn'), version: oneOf(1), repository: text, features: any })
const genesis = record({ version: oneOf(1), sealing: bytes(1216), keys: b32, members, features: record(FEATURES) })
const LINK = { repository: b32, sequence: uint, previous: b32, operation: b16, member: b32 }
const journalEntry = record({ v: oneOf(1), ...LINK, event: text, time: int, clear: texts(/^/, any), sealed: bytes() })
const packs = shape((value): value is Buffer => bytes(0, 32 * 16_384)(value).length % 32 === 0)
const permissionChange = record({ add: members, remove: list(b32) })
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
const item = (value: Cbor): Item => (array()(value).length === 1 ? tuple(uint)(value) : tuple(uint, b32)(value))
const items = list(item, 0, 4096)
const stream: Shape<Stream> = tuple(uint, uint, items)
const xattr = (value: Cbor): unknown => (Array.isArray(value) ? stream(value) : bytes(0, 4096)(value))
const xattrs = list(tuple(bytes(1, 255), xattr), 1)
const entryFields = recordWith(
  { 1: bytes(0, 255), 2: oneOf(1, 2, 3, 4, 5, 6, 7), 3: uint, 4: uint, 5: uint, 8: tuple(int, uint) },
  { 6: text, 7: text, 9: stream, 10: bytes(1, 4095), 11: b8, 12: xattrs, 13: tuple(uint, uint), 14: b32, 15: oneOf(1, 2, 3) },
)
type Entry = ReturnType<typeof entryFields>
function entry(value: Cbor): Entry {
  const found = entryFields(value)
  const type = found[2]
  must('§6.7 a field for files only', type === 1 || !(found[14] ?? found[15]))
  must('§6.7 mode or time of an entry', found[3] <= 0o7777 && found[8][1] < 1e9)
  must('§6.7 content or target', (type === 1 || type === 2) === (found[9] !== undefined) && (type === 3) === (found[10] !== undefined))
  must('§6.7 device or link of an entry', (type === 6 || type === 7) === (found[13] !== undefined) && !(type === 2 && found[11]))
  must('§6.7 NUL in a target', !found[10]?.includes(0))
  const [...labels] = found[12]?.map(([name]) => name) ?? []
  for (const [i, name] of labels.entries()) must('§6.7 xattrs', !name.includes(0) && (i === 0 || ascends(labels[i - 1]!, name)))
  return found
}
const isName = (name: Buffer): boolean => name.length > 0 && !/[/\0]|^\.{1,2}$/.test(name.toString('latin1'))
const counts = tuple(uint, uint)
const COUNTS = { files: uint, directories: uint, symlinks: uint, others: uint, bytes: uint, newBytes: uint, storedBytes: uint }
const classes = record({ database: counts, files: counts, config: counts, logs: counts })
const statistics = record({ ...COUNTS, newFiles: uint, changedFiles: uint, classes })
const problem = record({ path: bytes(), kind: oneOf('changed', 'vanished', 'unreadable', 'unsupported', 'metadata'), message: text })
const WHO = { createdAt: int, durationMs: uint, createdBy: text, actor: text, source: text, description: text, requestId: text }
const WITH = { environment: text, host: text, toolVersion: text, applicationVersion: text, storageSpecVersion: text }
const ROOT = { roots: list(record({ path: bytes(), at: bytes() }), 1), root: entry, excludes: list(text), statistics }
const TAGS = { tags: texts(/^[A-Za-z0-9._-]{1,64}$/, text), complete: bool, problems: list(problem, 0, 1000), problemCount: uint }
const manifestFields = recordWith(
  { format: oneOf(1), backupId: b16, contentId: b32, series: text, parents: list(b32), ...WHO, ...WITH, ...ROOT, ...TAGS },
  { extensions: texts(/^/, any) },
)

// §4.3 X-Wing, §4.6 signatures
function xWing(seed: Bytes) {
  const expanded = shake256(seed, { dkLen: 96 })
  const [mlKem, x] = [ml_kem768.keygen(expanded.subarray(0, 64)), expanded.subarray(64)]
  const pkX = x25519.getPublicKey(x)
  // x25519 itself refuses an all-zero result.
  const shared = (ctM: Bytes, ctX: Bytes) => [ml_kem768.decapsulate(ctM, mlKem.secretKey), x25519.getSharedSecret(x, ctX), ctX, pkX]
  const secret = (ciphertext: Buffer): Buffer => {
    const parts = shared(ciphertext.subarray(0, 1088), ciphertext.subarray(1088))
    return Buffer.from(sha3_256(Buffer.concat([...parts, Buffer.from('5c2e2f2f5e5c', 'hex')])))
  }
  return { publicKey: Buffer.concat([mlKem.publicKey, pkX]), secret }
}
const memberId = (key: Bytes): Buffer => H(D('member'), key)
const isSigned = (kind: string, repo: Bytes, { key }: Member, signed: Bytes, signature: Bytes): boolean =>
  ed25519.verify(signature, Buffer.concat([D(`sign-${kind}`), repo, memberId(key), H(signed)]), key, { zip215: false })
const mayCommit = ({ roles, series }: Member, tag: Bytes): boolean =>
  roles.includes('owner') || (roles.includes('writer') && (!series || series.some((own) => same(own, tag))))

// §5.3, §5.4: ways to unlock. `repository` is the id, or its first 8 bytes.
type Unlock = Readonly<{ repository: Buffer; kind: 'identity' | 'recovery'; slot?: string; secret(ciphertext: Buffer): Buffer }>
function unlockByIdentity(file: string): Unlock {
  const json = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string | number>
  const [repository, key] = [json['repository'], json['unlockSeed']].map((field) => Buffer.from(String(field), 'hex'))
  must('§5 not an identity file of version 1', json['cairn'] === 'identity' && json['version'] === 1 && repository!.length === 32)
  return { repository: repository!, kind: 'identity', slot: String(json['slot']), secret: xWing(key!).secret }
}
function unlockByRecoveryCode(code: string): Unlock {
  const symbols = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  must('§5.4 a recovery code has 52 symbols', /^[0-9A-HJKMNP-TV-Z]{52}$/.test(symbols))
  const digits = Array.from(symbols, (symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  const payload = Buffer.from(Array.from({ length: 32 }, (_, i) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 2)))
  must('§5.4 padding or version of the recovery code', digits.endsWith('0000') && payload[0] === 1)
  must('§5.4 mistyped recovery code', same(H(D('recovery-code'), payload.subarray(0, 29)).subarray(0, 3), payload.subarray(29)))
  return { repository: payload.subarray(21, 29), kind: 'recovery', secret: () => payload.subarray(1, 21) }
}

// §3, §6.1, §7.1: objects
type Place = Readonly<{ pack: string; block: number; at: number; sealed: number; raw: number; offset: number; length: number }>
type Snapshot = Readonly<{ manifest: string; sequence: number; tag: Buffer; members: Members; details: Map<Cbor, Cbor> | undefined }>
type Pack = Readonly<{ object: Buffer; key: (name: string) => Buffer }>
function read(path: string, maxBytes: number): Buffer {
  must(`§10 ${path} is too large`, fs.statSync(path).size <= maxBytes)
  return fs.readFileSync(path)
}
const listing = (folder: string, name: RegExp): string[] => {
  const found = fs.existsSync(folder) ? fs.readdirSync(folder) : []
  return found.filter((key) => name.test(key)).sort()
}
const kindOf = (pack: string): number => (pack.startsWith('packs/data/') ? 1 : 2)
const packKind = (chunkKind: number): number => [0, 1, 2, 2][chunkKind] ?? 0
const hasHead = (object: Buffer, magic: string, zeroFrom: number, zeroTo: number, repository: Bytes): boolean =>
  same(object.subarray(0, 9), Buffer.from(`${magic}\x01`)) &&
  same(object.subarray(zeroFrom, zeroTo), ZERO.subarray(zeroFrom, zeroTo)) &&
  same(object.subarray(16, 48), repository)
function readHints(object: Buffer): { repository: string; features: string[] } {
  const fields = (json: object): Map<string, Cbor> => new Map(Object.entries(json))
  const { repository, features } = hints(fields(JSON.parse(object.toString()) as object))
  return { repository, features: record(FEATURES)(fields(features as unknown as object)).read }
}
function readSlot(object: Buffer) {
  must('§7.3 larger than 1 MiB', object.length <= MiB)
  const [body, signature] = tuple(bytes(), bytes(64))(decode(object))
  const found = journalEntry(decode(body))
  must('§7.1 sealed is too short', found.sealed.length === 0 || found.sealed.length >= 56)
  return { cbor: map(decode(body)), body, signature, ...found }
}
function readGenesis(object: Buffer): ReturnType<typeof genesis> {
  const { event, sequence, repository, previous, member, body, signature, clear } = readSlot(object)
  const found = genesis(clear)
  const [first] = found.members as [Member]
  must('§7.2 not a genesis entry', event === 'repository_created' && sequence === 0 && same(repository, ZERO) && same(previous, ZERO))
  must('§7.2 genesis: first member', same(memberId(first.key), member) && first.roles.includes('owner'))
  must('§9.1.3 forged genesis', isSigned('journal-entry', ZERO, first, body, signature))
  return found
}
/** The places of all chunks of one pack; its counts and sizes MUST add up. */
function placesOf(pack: string, blocks: Buffer, lengths: Buffer): Place[] {
  const places: Place[] = []
  for (let block = 0, at = 1200; 12 * block < blocks.length; block++) {
    const [sealed, raw, chunks] = [0, 4, 8].map((field) => blocks.readUInt32BE(12 * block + field)) as [number, number, number]
    must(`§6.1 block ${block} of ${pack}`, raw <= 16 * MiB && chunks > 0)
    let offset = 0
    for (let i = 0; i < chunks; i++, offset += places.at(-1)!.length)
      places.push({ pack, block, at, sealed, raw, offset, length: lengths.readUInt32BE(4 * places.length) })
    must(`§6.1 the chunks of block ${block} of ${pack} do not add up`, offset === raw)
    at += sealed
  }
  must(`§6.1 chunks of ${pack}`, 4 * places.length === lengths.length && places.every(({ length }) => length > 0 && length <= 8 * MiB))
  return places
}
/** Cuts bytes into parts of these sizes; they MUST be all of it. */
function cut(whole: Buffer, ...sizes: number[]): Buffer[] {
  let at = 0
  const parts = sizes.map((size) => whole.subarray(at, (at += size)))
  must('§6 a body is not as long as its counts say', at === whole.length)
  return parts
}

/** An open repository. `notes` says what was skipped and what was left out. */
class Repository {
  readonly notes: string[] = []
  readonly snapshots: Snapshot[] = []
  readonly id: Buffer
  readonly root: string
  readonly keys: Keyring
  readonly readKeys: ReadonlyMap<number, ReturnType<typeof xWing>>
  features: readonly string[]
  members: Members = new Map()
  readonly everMembers = new Map<string, Member>()
  readonly places = new Map<string, Place[]>()
  readonly packs = new Map<string, Pack>()
  readonly blocks = new Map<string, Buffer>()

  /** §9.1 */
  constructor(root: string, unlock: Unlock) {
    this.root = root
    const object = read(`${root}/journal/${'0'.repeat(16)}`, MiB)
    this.id = H(object)
    must('§9.1.2 another repository in this place', same(this.id.subarray(0, unlock.repository.length), unlock.repository))
    const { members, features, keys, sealing } = readGenesis(object)
    const hints = fs.existsSync(`${root}/cairn.json`) ? readHints(read(`${root}/cairn.json`, 1 << 16)) : undefined
    must('§5.1 cairn.json names another repository', !hints || hints.repository === hex(this.id))
    must('§9.1.1 a newer format', !hints?.features.length)
    this.change(members, [])
    this.keys = this.unlock(unlock, keys)
    this.readKeys = new Map(this.keys.read?.map(([epoch, seed]) => [epoch, xWing(seed)]))
    must('§5.3 a read key that is not of the genesis', same(this.readKeys.get(0)?.publicKey ?? sealing, sealing))
    this.features = features.read
    this.replay()
    must('§9.1.7 a newer format', !this.features.length)
    for (const name of listing(`${root}/index`, ID)) this.attempt(`index/${name}`, () => this.segment(name))
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
  unlock(unlock: Unlock, commitment: Buffer): Keyring {
    const slots = listing(`${this.root}/keys`, /^[0-9a-f]{32}$/).filter((name) => (unlock.slot ?? name) === name)
    const found = slots.slice(0, 1024).map((name) => this.attempt(`keys/${name}`, () => this.openSlot(name, unlock)))
    const opened = found.find((keys) => keys !== undefined)
    must(`§9.1.4 no slot opens: ${this.notes.join('; ')}`, opened)
    const { id, gear, index, journal } = opened.write
    must('§9.1.4 substituted keys', same(H(D('write-keys'), id, gear, index, journal), commitment))
    return opened
  }
  openSlot(name: string, unlock: Unlock): Keyring | undefined {
    const cbor = map(decode(read(`${this.root}/keys/${name}`, 1 << 16)))
    const { id, repository, member, kind, kdf, nonce, wrapped } = slot(cbor)
    must('§5.3 a foreign slot', hex(id) === name && same(repository, this.id))
    if (kind !== unlock.kind) return undefined
    const { ciphertext } = KDF[unlock.kind](kdf) as { ciphertext?: Buffer }
    const kek = HKDF(unlock.secret(ciphertext ?? ZERO), this.id, D('slot-kek'), id)
    cbor.delete('wrapped')
    const plain = xchacha20poly1305(kek, nonce, Buffer.concat([D('key-slot'), encode(cbor)])).decrypt(wrapped)
    const opened = keyring(decode(Buffer.from(plain)))
    const { signing } = opened
    must('§5.3 a foreign keyring', same(opened.repository, this.id))
    must('§5.3 the signing seed of another member', !signing || same(memberId(ed25519.getPublicKey(signing)), member))
    return opened
  }

  // §7.3, §7.4
  change(added: readonly Member[], removed: readonly Buffer[]): void {
    const next = new Map(this.members)
    for (const id of removed) next.delete(hex(id))
    for (const one of added) next.set(hex(memberId(one.key)), one)
    must('§7.4 no owner, or too many members', [...next.values()].some(({ roles }) => roles.includes('owner')) && next.size <= 1024)
    this.members = next
    for (const [id, one] of next) this.everMembers.set(id, one)
  }
  replay(): void {
    const last = listing(`${this.root}/journal`, /^\d{16}$/)
      .map(Number)
      .filter(Number.isSafeInteger)
      .at(-1)!
    for (let sequence = 1, link = this.id; ; sequence++) {
      const path = `${this.root}/journal/${String(sequence).padStart(16, '0')}`
      if (!fs.existsSync(path)) return must(`§7.3 journal entry ${sequence} is missing: omission`, sequence > last)
      const object = read(path, 2 ** 31)
      const event = this.attempt(`journal slot ${sequence} is void`, () => this.apply(object, sequence, link))
      must(`§7.4 ${event}: a newer repository`, event === undefined || !RESERVED.includes(event))
      const slotHash = H(object.subarray(0, MiB))
      link = event === undefined ? H(D('void-slot'), link, slotHash) : slotHash
    }
  }
  /** Applies one slot and gives its event; throws when the slot is void. */
  apply(object: Buffer, at: number, link: Buffer): string {
    const { cbor, body, signature, repository, sequence, previous, member, event, clear, sealed } = readSlot(object)
    must('§7.3 of another place in the chain', same(repository, this.id) && sequence === at && same(previous, link))
    const signer = this.members.get(hex(member))
    must('§7.3 not a member, or not the signature', signer && isSigned('journal-entry', this.id, signer, body, signature))
    if (RESERVED.includes(event) && signer.roles.some((is) => is === 'owner' || is === 'maintainer')) return event
    const [who, , shape] = EVENTS.find(([, known]) => known.split(' ').includes(event)) ?? ['', '', any]
    const letters = signer.roles.map((is) => (is === 'witness' ? 'x' : is[0]!)).filter((letter) => who.includes(letter))
    must(`§7.4 ${event} by ${signer.roles.join()}`, letters.length > 0)
    shape(clear)
    if (event === 'permission_change') this.change(permissionChange(clear).add, permissionChange(clear).remove)
    if (event === 'features_set') this.features = record(FEATURES)(clear).read
    if (event !== 'snapshot_created') return event
    const { manifest, series: tag } = snapshotCreated(clear)
    must('§7.4 a writer of other series', mayCommit(signer, tag))
    const details = this.attempt(`entry ${at} has no effect`, () => this.details(cbor.set('sealed', Buffer.alloc(0)), sealed, tag))
    if (details) this.snapshots.push({ manifest: hex(manifest), sequence, tag, members: this.members, details })
    return event
  }
  details(cbor: Map<Cbor, Cbor>, sealed: Buffer, tag: Buffer): Map<Cbor, Cbor> {
    const key = HKDF(this.keys.write.journal, Buffer.concat([this.id, sealed.subarray(0, 32)]), D('journal-details-key'))
    const details = map(decode(openFrame(key, 0, [D('journal-details'), encode(cbor)], sealed.subarray(32), MiB)))
    const series = Buffer.from(text(details.get('series')!))
    must('§7.4 another series than its tag', same(HMAC(this.keys.write.journal, D('series'), series).subarray(0, 16), tag))
    return details
  }

  // §4.4, §6.5, §9.4.2
  derive(object: Buffer, at: number, kind: string, suffix: Bytes): (name: string) => Buffer {
    const secret = this.readKeys.get(object.readUInt32BE(12))?.secret(object.subarray(at + 32, at + 1152))
    must('§9.3.2 no read key of this epoch', secret)
    const derived = (name: string): Buffer => HKDF(secret, this.id, D(name), suffix, object.subarray(12, 16))
    must('§4.4 commitment', same(derived(`${kind}-commitment`), object.subarray(at, at + 32)))
    return derived
  }
  /** The bytes before the signature of a manifest or an index segment, whose checks are alike. */
  signed(key: string, magic: string, zeroTo: number, kind: string, members: Members, may: (signer: Member) => boolean): Buffer {
    const object = read(`${this.root}/${key}`, 257 * MiB)
    must(`§6 ${key}: name or header`, key.endsWith(hex(H(object))) && hasHead(object, magic, 9, zeroTo, this.id))
    const signer = members.get(hex(object.subarray(48, 80)))
    must(`§9.4.2 ${key}: its signer had no role for it`, signer && may(signer))
    must(`§4.6 ${key}: signature`, isSigned(kind, this.id, signer, object.subarray(0, -64), object.subarray(-64)))
    return object.subarray(0, -64)
  }
  manifest({ manifest: name, tag, members, details }: Snapshot): ReturnType<typeof manifestFields> {
    const object = this.signed(`manifests/${name}`, 'CAIRNMAN', 12, 'manifest', members, (signer) => mayCommit(signer, tag))
    const key = this.derive(object, 80, 'manifest', Buffer.alloc(0))('manifest-key')
    const cbor = map(decode(openFrame(key, 0, [D('manifest'), object.subarray(0, 112)], object.subarray(1232), 16 * MiB)))
    const found = manifestFields(cbor)
    const { root, contentId } = found
    must('§9.4.2 of another entry', found.series === details?.get('series') && same(b16(details.get('backupId')!), found.backupId))
    must('§6.5 root, complete or problems', root[2] === 2 && root[1].length === 0 && found.complete === (found.problemCount === 0))
    must('§6.5 problems', found.problemCount >= found.problems.length)
    must('§6.5 content id', same(H(D('content-id'), encode(map(cbor.get('root')!).get(9)!)), contentId))
    return found
  }

  // §6.4, §6.1, §9.3
  place(key: string, place: Place): void {
    this.places.set(key, [...(this.places.get(key) ?? []), place])
  }
  segment(name: string): void {
    const object = this.signed(`index/${name}`, 'CAIRNIDX', 16, 'index-segment', this.everMembers, () => true)
    const key = HKDF(this.keys.write.index, Buffer.concat([this.id, object.subarray(80, 112)]), D('index-segment-key'))
    const raw = openFrame(key, 0, [D('index-segment'), object.subarray(0, 112)], object.subarray(112), 256 * MiB)
    const body = raw.subarray(4 + 32 * raw.readUInt32BE())
    const [p, b, n] = [body.readUInt32BE(), body.readUInt32BE(4), body.readUInt32BE(8)]
    const [, packs, blocks, lengths, ids] = cut(body, 12, 45 * p, 12 * b, 4 * n, 16 * n) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    let [block, chunk] = [0, 0]
    for (let i = 0; i < packs.length; i += 45) {
      const [id, kind, blockEnd] = [hex(packs.subarray(i, i + 32)), packs[i + 32]!, block + packs.readUInt32BE(i + 37)]
      const pack = `packs/${kind === 1 ? 'data' : 'tree'}/${id.slice(0, 2)}/${id}`
      const part = lengths.subarray(4 * chunk, 4 * (chunk + packs.readUInt32BE(i + 41)))
      for (const place of placesOf(pack, blocks.subarray(12 * block, 12 * blockEnd), part))
        this.place(`${kind} ${hex(ids.subarray(16 * chunk, 16 * ++chunk))}`, place)
      block = blockEnd
    }
    must('§6.4 counts do not add up', block === b && chunk === n)
  }
  pack(pack: string): Pack {
    const known = this.packs.get(pack)
    if (known) return known
    const object = read(`${this.root}/${pack}`, 256 * MiB)
    must(`§9.3.2 header of ${pack}`, hasHead(object, 'CAIRNPAK', 10, 12, this.id) && object[9] === kindOf(pack))
    const opened = { object, key: this.derive(object, 48, 'pack', u8(object[9])) }
    if (this.packs.size > 3) this.packs.clear()
    this.packs.set(pack, opened)
    return opened
  }
  directory(pack: string): void {
    const { object, key } = this.pack(pack)
    const [directoryKey, about] = [key('pack-directory-key'), [this.id, u8(kindOf(pack))]]
    const footer = openAead(directoryKey, 1, [D('footer'), ...about], object.subarray(-24))
    const [offset, size] = [footer.readUInt32BE(), footer.readUInt32BE(4)]
    must(`§6.1 directory of ${pack}`, offset + size <= object.length - 24)
    const body = openFrame(directoryKey, 0, [D('directory'), ...about], object.subarray(offset, offset + size), 192 * MiB)
    const [b, n] = [body.readUInt32BE(), body.readUInt32BE(4)]
    const [, blocks, kinds, lengths, ids] = cut(body, 8, 12 * b, n, 4 * n, 32 * n) as [Buffer, Buffer, Buffer, Buffer, Buffer]
    const places = placesOf(pack, blocks, lengths)
    must(`§6.1 blocks of ${pack}`, b <= 65_535 && n <= 4_194_304 && places.at(-1)!.at + places.at(-1)!.sealed === offset)
    for (const [i, place] of places.entries()) {
      must(`§6.1 kinds of chunks in ${pack}`, packKind(kinds[i]!) === kindOf(pack))
      this.place(`${kinds[i]} ${hex(ids.subarray(32 * i, 32 * i + 32))}`, place)
    }
  }
  /** Every directory, once: the keys of these places are full ids. */
  readDirectories(): void {
    if (this.places.has('directories')) return
    this.places.set('directories', [])
    for (const kind of ['packs/data', 'packs/tree'])
      for (const two of listing(`${this.root}/${kind}`, /^[0-9a-f]{2}$/))
        for (const name of listing(`${this.root}/${kind}/${two}`, ID)) this.attempt(name, () => this.directory(`${kind}/${two}/${name}`))
  }
  piece(kind: number, id: Buffer, { pack, block, at, sealed, raw, offset, length }: Place): Buffer {
    const { object, key } = this.pack(pack)
    const [name, ad] = [`${pack}/${block}`, [D('block'), this.id, u8(kindOf(pack)), u32(block)]]
    const opened = this.blocks.get(name) ?? openFrame(key('pack-block-key'), block, ad, object.subarray(at, at + sealed), 16 * MiB)
    if (this.blocks.size > 8) this.blocks.clear()
    this.blocks.set(name, opened)
    const piece = opened.subarray(offset, offset + length)
    const found = HMAC(this.keys.write.id, D('chunk-id'), u8(kind), H(piece))
    must(`§9.3.5 chunk ${hex(id)} is not in ${name}`, opened.length === raw && same(found, id))
    return piece
  }
  chunk(kind: number, id: Buffer, expected?: number): Buffer {
    for (const key of [`${packKind(kind)} ${hex(id.subarray(0, 16))}`, `${kind} ${hex(id)}`]) {
      if (key.length > 40) this.readDirectories()
      for (const place of this.places.get(key) ?? []) {
        const piece = this.attempt(`chunk ${hex(id)}`, () => this.piece(kind, id, place))
        must(`§6.6 chunk ${hex(id)} is not as long as its item says`, !piece || piece.length === (expected ?? piece.length))
        if (piece) return piece
      }
    }
    throw new Error(`§9.3 no pack has the chunk ${hex(id)}`)
  }

  // §6.6, §6.7
  *leaves(of: 'file' | 'directory', [size, depth, parts]: Stream): Generator<Item> {
    must('§6.6 sizes of a stream', parts.reduce((sum, [length]) => sum + length, 0) === size && depth <= 4 && (size > 0 || depth === 0))
    for (const [length, id] of parts) {
      must('§6.6 an item that may not be', length > 0 && (id || (depth === 0 && of === 'file')))
      if (depth === 0) yield id ? [length, id] : [length]
      else yield* this.leaves(of, [length, depth - 1, items(decode(this.chunk(3, id!)))])
    }
  }
  *tree(content: Stream): Generator<{ found: Entry; rest: Buffer }> {
    let before: Bytes = ZERO.subarray(32)
    for (const [length, id] of this.leaves('directory', content)) {
      const chunk = this.chunk(2, id!, length)
      for (const [value, size] of decodeSequence(chunk)) {
        const found = entry(value)
        must('§6.7 size, name or order of an entry', size <= MiB && isName(found[1]) && ascends(before, found[1]))
        yield { found, rest: encode([...map(value)].slice(1).flat()) }
        before = found[1]
      }
    }
  }
}

// §9.5
function restore(repository: Repository, snapshot: Snapshot, target: string): void {
  const { root } = repository.manifest(snapshot)
  must(`§9.5.2 ${target} is not empty`, !fs.existsSync(target) || fs.readdirSync(target).length === 0)
  const directories: [path: Buffer, entry: Entry][] = [[Buffer.from(`${target}.restoring`), root]]
  const groups = new Map<string, { path: Buffer; rest: Buffer }>()
  fs.mkdirSync(directories[0]![0], 0o700)
  for (const [parent, directory] of directories)
    for (const { found, rest } of repository.tree(directory[9]!)) {
      const path = Buffer.concat([parent, Buffer.from('/'), found[1]])
      const group = found[11] && hex(found[11])
      const first = groups.get(group ?? '')
      must(`§6.7 ${path.toString()} differs within its group of hard links`, !first || same(first.rest, rest))
      if (group && !first) groups.set(group, { path, rest })
      if (found[2] === 2) directories.push([path, found])
      if (found[2] === 2) fs.mkdirSync(path, 0o700)
      else if (first && found[2] <= 3) fs.linkSync(first.path, path)
      else create(repository, path, found)
    }
  for (const [path, directory] of directories.reverse()) setMetadata(repository, path, directory)
  fs.renameSync(`${target}.restoring`, target)
}
function create(repository: Repository, path: Buffer, found: Entry): void {
  if (found[2] > 3) return void repository.notes.push(`left out: ${path.toString()} (type ${found[2]})`)
  if (found[2] === 3) fs.symlinkSync(found[10]!, path)
  else fill(fs.openSync(path, 'wx', 0o600), repository, found)
  setMetadata(repository, path, found)
}
function fill(file: number, repository: Repository, found: Entry): void {
  const [hash, wanted] = [sha256.create(), found[14]]
  let at = 0
  for (const [length, id] of repository.leaves('file', found[9]!)) {
    const piece = id ? repository.chunk(1, id, length) : Buffer.alloc(wanted ? length : 0)
    for (let done = 0; id && done < length; ) done += fs.writeSync(file, piece, done, length - done, at + done)
    if (wanted) hash.update(piece)
    at += length
  }
  fs.ftruncateSync(file, at)
  fs.closeSync(file)
  must('§6.7 SHA-256 of a whole file', !wanted || same(hash.digest(), wanted))
}
/** Mode and time; ownership and xattrs are left out, and with ownership the set-id bits of somebody else's file. */
function setMetadata({ notes }: Repository, path: Buffer, found: Entry): void {
  const own = found[4] === process.getuid?.() && found[5] === process.getgid?.()
  const seconds = found[8][0] + found[8][1] / 1e9
  if (!own) notes.push(`left out: ownership ${found[4]}:${found[5]} of ${path.toString()}`)
  if (found[12]) notes.push(`left out: ${found[12].length} xattrs of ${path.toString()}`)
  if (found[2] === 3) return fs.lutimesSync(path, seconds, seconds)
  fs.chmodSync(path, found[3] & (own ? 0o7777 : 0o1777))
  fs.utimesSync(path, seconds, seconds)
}

/** Runs the command line; `say` gets a line per snapshot, `remark` one for what was skipped or left out. Throws what is refused. */
export function main([root, how, secret, verb, prefix, target]: readonly string[], say = console.log, remark = console.error): void {
  must('§usage see the head of the file', root && secret && (verb === '--list' || (verb === '--restore' && prefix && target)))
  const repository = new Repository(root, how === '--identity' ? unlockByIdentity(secret) : unlockByRecoveryCode(secret))
  const found = repository.snapshots.filter(({ manifest }) => manifest.startsWith(prefix ?? ''))
  must(`§9.5.1 ${prefix} does not name a snapshot`, !target || found.length > 0)
  if (target) restore(repository, found.at(-1)!, target)
  else for (const { manifest, sequence, details } of found) say(sequence, manifest, details?.get('series'), details?.get('description'))
  for (const note of repository.notes) remark(note)
}
if (import.meta.main) main(process.argv.slice(2))
