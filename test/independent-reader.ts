// A reader of Cairn repositories that was written from SPEC.md alone: it shares no line with format/ or src/, and its cryptography
// is a published library. Slow and plain on purpose. What it refuses carries the section of SPEC.md that was violated.
import fs from 'node:fs'
import zlib from 'node:zlib'
import { gcm } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { equalBytes as same } from '@noble/ciphers/utils.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js'

const USAGE = 'npx node test/independent-reader.ts REPO (--identity FILE | --recovery-code-file FILE) (--list | --restore SNAPSHOT_HEX DIR)'
function must(what: string, condition: unknown): asserts condition {
  if (!condition) throw new Error(what)
}
// §1 Conventions, §4.7 Frame
type Bytes = Uint8Array
const [MiB, ZERO, ID] = [1 << 20, Buffer.alloc(32), /^[0-9a-f]{64}$/]
const D = (name: string): Buffer => Buffer.from(`cairn/v1/${name}\0`)
const H = (...parts: Bytes[]): Buffer => Buffer.from(sha256(Buffer.concat(parts)))
const HMAC = (key: Bytes, ...parts: Bytes[]): Buffer => Buffer.from(hmac(sha256, key, Buffer.concat(parts)))
const HKDF = (ikm: Bytes, salt: Bytes, ...info: Bytes[]): Buffer => Buffer.from(hkdf(sha256, ikm, salt, Buffer.concat(info), 32))
const uint = (size: number, n: number): Buffer => Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex')
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')
const openAead = (key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes): Buffer =>
  Buffer.from(gcm(key, uint(12, nonce), Buffer.concat(ad)).decrypt(sealed))
function openFrame(key: Bytes, nonce: number, ad: Bytes[], sealed: Bytes, most: number): Buffer {
  const plain = openAead(key, nonce, ad, sealed)
  const [codec, zeros, rawBytes, payload] = [plain[0], plain.readUIntBE(1, 3), plain.readUInt32BE(4), plain.subarray(8)]
  must('§4.7 header of a frame', zeros === 0 && rawBytes <= most && (codec === 1 || (codec === 0 && payload.length === rawBytes)))
  if (codec === 0) return payload
  const out = zlib.zstdDecompressSync(payload, { maxOutputLength: Math.max(rawBytes, 1), info: true })
  const { buffer, engine } = out as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  must('§4.7 one zstd frame, and nothing behind it', buffer.length === rawBytes && engine.bytesWritten === payload.length)
  return buffer
}
// §1 CBOR: decoded loosely, encoded strictly, and both must be the same bytes
type Cbor = number | boolean | null | string | Buffer | Cbor[] | Map<Cbor, Cbor>
function decodeSequence(bytes: Buffer): Cbor[] {
  let at = 0
  const next = (depth: number): Cbor => {
    const [major, info] = [bytes[at]! >> 5, bytes[at++]! & 31]
    must('§1 CBOR tag, float or indefinite length', major !== 6 && info <= 27 && (major !== 7 || (info >= 20 && info <= 22)))
    if (major === 7) return info === 22 ? null : info === 21
    const n = info < 24 ? info : Number(`0x${hex(bytes.subarray(at, (at += 1 << (info - 24))))}`)
    must('§1 CBOR integer or length', n <= Number.MAX_SAFE_INTEGER - (major & 1) && (major < 2 || n <= bytes.length))
    if (major < 2) return major === 0 ? n : -1 - n
    if (major === 2) return bytes.subarray(at, (at += n))
    if (major === 3) return bytes.toString('utf8', at, (at += n))
    must('§1 CBOR nested beyond 16', depth < 16)
    if (major === 4) return Array.from({ length: n }, () => next(depth + 1))
    return new Map(Array.from({ length: n }, () => [next(depth + 1), next(depth + 1)] as const))
  }
  const values: Cbor[] = []
  while (at < bytes.length) values.push(next(0))
  must('§1 CBOR is not deterministic', same(Buffer.concat(values.map(encode)), bytes))
  return values
}
function decode(bytes: Buffer): Cbor {
  const [value, ...more] = decodeSequence(bytes)
  must('§1 CBOR of one value', value !== undefined && more.length === 0)
  return value
}
function encodeHead(major: number, n: number): Buffer {
  if (n < 24) return uint(1, (major << 5) | n)
  const size = [1, 2, 4, 8].findIndex((bytes) => n < 256 ** bytes)
  return Buffer.concat([uint(1, (major << 5) | (24 + size)), uint(1 << size, n)])
}
function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value)
  if (value === null || typeof value === 'boolean') return uint(1, value === null ? 0xf6 : value ? 0xf5 : 0xf4)
  if (typeof value === 'string') return Buffer.concat([encodeHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([encodeHead(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([encodeHead(4, value.length), ...value.map(encode)])
  const fields = Array.from(value, ([key, item]) => [encode(key), encode(item)] as const).sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([encodeHead(5, value.size), ...fields.flat()])
}
// Records, by text such as 'name:type other?:type'; ? may be absent, and what follows ... is not looked at
type Types = { uint: number; int: number; text: string; map: Cbor; list: unknown; list2: unknown; list3: unknown }
type Value<T> = T extends keyof Types ? Types[T] : Buffer
type Named<N, T> = N extends `${infer Name}?` ? { [K in Name]?: Value<T> } : { [K in N & string]: Value<T> }
type Field<F> = F extends `${infer N}:${infer T}` ? Named<N, T> : unknown
type Of<S> = S extends `${infer First} ${infer Rest}` ? Field<First> & Of<Rest> : Field<S>
function typesOf(value: Cbor): string[] {
  if (typeof value === 'number') return value < 0 ? ['int'] : ['int', 'uint']
  if (typeof value === 'string') return ['text']
  if (value instanceof Uint8Array) return ['bytes', `b${value.length}`]
  return Array.isArray(value) ? ['list', `list${value.length}`] : value instanceof Map ? ['map'] : []
}
function record<S extends string>(fields: S, value: Cbor): Of<S> {
  must('§1 not a map', value instanceof Map)
  let known = 0
  for (const [, name, optional, type] of fields.matchAll(/(\w+)(\??):(\w+)/g)) {
    const item = value.get(/\d/.test(name!) ? Number(name) : name!)
    must(`§1 ${name} as ${type}`, item === undefined ? optional : typesOf(item).includes(type!))
    known += item === undefined ? 0 : 1
  }
  must('§1 a key without a meaning', fields.includes('...') || known === value.size)
  return Object.fromEntries(value) as Of<S>
}
const RESERVED = `snapshot_deleted snapshot_undeleted prune_marked prune_swept policy_set snapshot_rewritten epoch_added promoted grafted
  plan_approved witness_head login_succeeded login_failed logged_out resource_created resource_updated resource_deleted bundle_exported
  bundle_imported release_created release_activated release_rolled_back guard_started guard_completed guard_failed drill_completed
  drill_failed erased`
/** §7.4: the letters of who may, the events, their clear fields. What only owners sign is not checked for its form. */
const EVENTS: readonly (readonly [who: string, names: string, clear: string])[] = [
  ['ow', 'snapshot_created', 'manifest:b32 series:b16'],
  ['om', 'tag_set tag_removed', 'manifest:b32'],
  ['o', 'permission_change features_set key_slot_added key_slot_removed checkpoint grant_issued grant_revoked journal_accepted', '...'],
  ['or', 'attest', 'packs:bytes'],
  ['omwrax', 'audit_batch', 'records:list'],
  ['ow', 'backup_started backup_completed backup_failed', ''],
  ['or', 'restore_attempted restore_completed restore_failed snapshot_restored', ''],
  ['omr', 'verify_completed verify_failed repair_completed repair_failed', ''],
  ['omwra', 'action_planned action_confirmed action_refused grant_used', ''],
  ['om', RESERVED, '...'],
]
type Member = Readonly<{ key: Buffer; roles: string[]; series?: Buffer[] }>
const asMembers = (list: unknown): Member[] => (list as Cbor[]).map((one) => record('key:b32 roles:list series?:list', one) as Member)
// §6.6, §6.7
const [FILE, DIRECTORY, SYMLINK] = [1, 2, 3]
type Item = readonly [length: number, id?: Buffer]
type Stream = readonly [size: number, depth: number, items: readonly Item[]]
const ENTRY = '1:bytes 2:uint 3:uint 4:uint 5:uint 6?:text 7?:text 8:list2 9?:list3 10?:bytes 11?:b8 12?:list 13?:list2 14?:b32 15?:uint'
type Entry = ReturnType<typeof asEntry>
function asEntry(value: Cbor) {
  const fields = record(ENTRY, value)
  const { 1: name, 2: type, 3: mode, 4: uid, 5: gid, 8: time, 9: stream, 10: target, 11: link, 12: xattrs } = fields
  const [seconds, nanoseconds] = time as [number, number]
  must('§6.7 name, type, mode or time', name.length <= 255 && type >= 1 && type <= 7 && mode <= 0o7777 && nanoseconds < 1e9)
  must('§6.7 content, target or link', type <= DIRECTORY === !!stream && (type === SYMLINK) === !!target && !(type === DIRECTORY && link))
  const allButName = encode([...(value as Map<Cbor, Cbor>)].filter(([key]) => key !== 1 && key !== 15).flat())
  return { name, type, mode, uid, gid, seconds: seconds + nanoseconds / 1e9, content: stream as Stream, target, link, xattrs, allButName }
}
const isFewEnough = (count: number, size: number): boolean => count <= 4096 && 512 * (count - 2) <= size
const isItem = ([length, id, ...more]: readonly Cbor[]): boolean =>
  typeof length === 'number' && length > 0 && (id === undefined || typesOf(id).includes('b32')) && more.length === 0
const isName = (name: Buffer): boolean => name.length > 0 && !/[/\0]|^\.{1,2}$/.test(name.toString('latin1'))
// §4.3 X-Wing: the library's refuses an all-zero shared secret itself. §4.6 Signatures
const decapsulate = (seed: Bytes, ciphertext: Bytes): Buffer => Buffer.from(xWing.decapsulate(ciphertext, xWing.keygen(seed).secretKey))
const memberId = (key: Bytes): Buffer => H(D('member'), key)
const numberOf = (littleEndian: Bytes): bigint => BigInt(`0x${hex(littleEndian.toReversed())}`)
/** [S]B − [k]A must be R, byte for byte; the library's own check multiplies by the cofactor first. */
export function isSigned(kind: string, repo: Bytes, { key }: Pick<Member, 'key'>, signed: Bytes, signature: Bytes): boolean {
  const { BASE, Fn, fromBytes } = ed25519.Point
  const [R, S, A] = [signature.subarray(0, 32), numberOf(signature.subarray(32)), fromBytes(key, true)]
  const k = Fn.create(numberOf(sha512(Buffer.concat([R, key, D(`sign-${kind}`), repo, memberId(key), H(signed)]))))
  const found = BASE.multiplyUnsafe(S).subtract(A.multiplyUnsafe(k))
  return S < Fn.ORDER && !A.isSmallOrder() && !found.isSmallOrder() && same(found.toBytes(), R)
}
const isOwner = ({ roles }: Member): boolean => roles.includes('owner')
const mayCommit = ({ roles, series }: Member, tag: Bytes): boolean =>
  roles.includes('owner') || (roles.includes('writer') && (!series || series.some((own) => same(own, tag))))
// §5.3, §5.4: ways to unlock. `repository` is the id, or its first 8 bytes.
type Unlock = Readonly<{ repository: Buffer; kind: 'identity' | 'recovery'; slot?: string; secret: (ciphertext: Bytes) => Bytes }>
function unlockByIdentity(file: string): Unlock {
  const { cairn, version, slot, ...found } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>
  const [repository, seed] = [Buffer.from(found['repository']!, 'hex'), Buffer.from(found['unlockSeed']!, 'hex')]
  must('§5.3 not an identity file', cairn === 'identity' && Number(version) === 1 && slot && repository.length === 32 && seed.length === 32)
  return { repository, kind: 'identity', slot, secret: (ciphertext) => decapsulate(seed, ciphertext) }
}
function unlockByRecoveryCode(file: string): Unlock {
  const symbols = fs.readFileSync(file, 'utf8').toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  must('§5.4 a recovery code has 52 symbols', /^[0-9A-HJKMNP-TV-Z]{52}$/.test(symbols))
  const bits = Array.from(symbols, (symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  const payload = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
  const isWhole = same(H(D('recovery-code'), payload.subarray(0, 29)).subarray(0, 3), payload.subarray(29))
  must('§5.4 mistyped recovery code', bits.endsWith('0000') && payload[0] === 1 && isWhole)
  return { repository: payload.subarray(21, 29), kind: 'recovery', secret: () => payload.subarray(1, 21) }
}
// §3, §6.1, §7.1: objects
/** The first bytes of a file, no more than it may have: a longer one then is not what it should be. §10 */
function read(path: string, most: number): Buffer {
  const file = fs.openSync(path, 'r')
  const found = Buffer.alloc(Math.min(fs.fstatSync(file).size, most))
  fs.readSync(file, found)
  fs.closeSync(file)
  return found
}
function listing(folder: string, name: RegExp): string[] {
  return (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((key) => name.test(key)).sort()
}
const SLOT = 'v:uint repository:b32 sequence:uint previous:b32 operation:b16 member:b32 event:text time:int clear:map sealed:bytes'
function asSlot(object: Buffer) {
  const [body, signature, ...more] = decode(object) as Buffer[]
  must('§7.3 size or form', object.length <= MiB && more.length === 0 && body && signature?.length === 64)
  const cbor = decode(body) as Map<Cbor, Cbor>
  const slot = record(SLOT, cbor)
  must('§7.1 version or sealed', slot.v === 1 && (slot.sealed.length === 0 || slot.sealed.length >= 56))
  const isSignedBy = (signer: Member): boolean => isSigned('journal-entry', slot.repository, signer, body, signature)
  return { ...slot, unsealed: encode(new Map(cbor).set('sealed', Buffer.alloc(0))), isSignedBy }
}
function asGenesis(object: Buffer) {
  const { event, sequence, previous, repository, member, clear, isSignedBy } = asSlot(object)
  const found = record('members:list keys:b32 sealing:bytes features:map ...', clear)
  const [first] = asMembers(found.members)
  must('§7.2 not a genesis entry', event === 'repository_created' && sequence === 0 && same(repository, ZERO) && same(previous, ZERO))
  must('§9.1.3 forged genesis', first && same(memberId(first.key), member) && isOwner(first) && isSignedBy(first))
  return found
}
/** Where chunks may be, by the kind of pack and the short id. What comes out of a place proves itself: §9.3.4, §9.3.5 */
type Place = Readonly<{ pack: string; block: number; at: number; sealed: number; offset: number; length: number }>
type Index = Map<string, Place[]>
const kindOf = (pack: string): number => (pack.startsWith('packs/data/') ? 1 : 2)
const placeKey = (packKind: number, id: Buffer): string => `${packKind} ${hex(id.subarray(0, 16))}`
/** The columns of a directory or segment, and the rows in them that come next. §6.1, §6.4 */
type Columns = { blocks: Buffer; lengths: Buffer; ids: Buffer; idBytes: number; block: number; chunk: number }
function columnsOf(body: Buffer, at: number, blockCount: number, chunkCount: number, kindBytes: number, idBytes: number): Columns {
  const lengthsAt = at + 12 * blockCount + kindBytes * chunkCount
  const idsAt = lengthsAt + 4 * chunkCount
  must('§6 a body is not as long as its counts say', body.length === idsAt + idBytes * chunkCount)
  return { blocks: body.subarray(at), lengths: body.subarray(lengthsAt), ids: body.subarray(idsAt), idBytes, block: 0, chunk: 0 }
}
function addPlaces(index: Index, pack: string, columns: Columns, blockCount: number): void {
  const { blocks, lengths, ids, idBytes } = columns
  for (let block = 0, at = 1200; block < blockCount; block++, columns.block++) {
    const [sealed, chunkCount] = [blocks.readUInt32BE(12 * columns.block), blocks.readUInt32BE(12 * columns.block + 8)]
    for (let i = 0, offset = 0; i < chunkCount; i++, columns.chunk++) {
      const [length, key] = [lengths.readUInt32BE(4 * columns.chunk), placeKey(kindOf(pack), ids.subarray(idBytes * columns.chunk))]
      index.set(key, index.get(key) ?? [])
      index.get(key)!.push({ pack, block, at, sealed, offset, length })
      offset += length
    }
    at += sealed
  }
}
const DETAILS = 'series:text backupId:b16 description:text ...'
type Snapshot = Readonly<{ manifest: string; sequence: number; signer: Member; details: Of<typeof DETAILS> }>
/** An open repository. `notes` says what was skipped and what was left out. */
class Repository {
  readonly notes: string[] = []
  readonly snapshots: Snapshot[] = []
  readonly root: string
  readonly id: Buffer
  readonly keys: Readonly<Record<'id' | 'gear' | 'index' | 'journal', Buffer>>
  readonly seeds: ReadonlyMap<number, Buffer>
  features: Cbor
  members = new Map<string, Member>()
  readonly recent = new Map<string, unknown>()
  readonly index: Index = new Map()
  directories: Index | undefined

  constructor(root: string, unlock: Unlock) {
    this.root = root
    const object = read(`${root}/journal/${'0'.repeat(16)}`, MiB)
    this.id = H(object)
    must('§9.1.2 another repository in this place', same(this.id.subarray(0, unlock.repository.length), unlock.repository))
    const { members, features, keys, sealing } = asGenesis(object)
    if (fs.existsSync(`${root}/cairn.json`)) {
      const text = read(`${root}/cairn.json`, 1 << 16).toString()
      const hints = JSON.parse(text) as Record<string, unknown> & { features: { read: [] } }
      must('§9.1.1 a newer format', hints['magic'] === 'cairn' && hints['version'] === 1 && hints.features.read.length === 0)
      must('§5.1 cairn.json names another repository', hints['repository'] === hex(this.id) && `${JSON.stringify(hints)}\n` === text)
    }
    this.change({ add: members, remove: [] })
    const slots = listing(`${root}/keys`, /^[0-9a-f]{32}$/).filter((name) => (unlock.slot ?? name) === name)
    const [keyring] = slots.slice(0, 1024).flatMap((name) => this.attempt(`keys/${name}`, () => this.openSlot(name, unlock)) ?? [])
    must(`§9.1.4 no slot opens: ${this.notes.join('; ')}`, keyring)
    this.keys = record('id:b32 gear:b32 index:b32 journal:b32', keyring.write)
    const { id, gear, index, journal } = this.keys
    must('§9.1.4 substituted keys', same(H(D('write-keys'), id, gear, index, journal), keys))
    this.seeds = new Map((keyring.read ?? []) as [epoch: number, seed: Buffer][])
    must('§5.3 a read key that is not of the genesis', same(xWing.keygen(this.seeds.get(0)).publicKey, sealing))
    this.features = features
    this.replay()
    must('§9.1.7 a newer format', (record('read:list ...', this.features).read as unknown[]).length === 0)
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
  /** What was made last is kept, since neighbours are read together. */
  remember<T>(name: string, make: () => T): T {
    const found = (this.recent.get(name) as T | undefined) ?? make()
    if (this.recent.size > 8) this.recent.clear()
    this.recent.set(name, found)
    return found
  }
  openSlot(name: string, unlock: Unlock) {
    const cbor = decode(read(`${this.root}/keys/${name}`, 1 << 16)) as Map<Cbor, Cbor>
    const slot = record('v:uint id:b16 repository:b32 member:b32 kind:text kdf:map nonce:b24 wrapped:bytes check:b32', cbor)
    must('§5.3 a foreign slot', hex(slot.id) === name && same(slot.repository, this.id))
    if (slot.kind !== unlock.kind) return undefined
    for (const name of ['wrapped', 'check']) cbor.delete(name)
    const kek = HKDF(unlock.secret(record('alg:text ciphertext?:bytes', slot.kdf).ciphertext ?? ZERO), this.id, D('slot-kek'), slot.id)
    const plain = xchacha20poly1305(kek, slot.nonce, Buffer.concat([D('key-slot'), encode(cbor)])).decrypt(slot.wrapped)
    const keyring = record('repository:b32 label:text write:map read?:list signing?:b32', decode(Buffer.from(plain)))
    must('§5.3 a foreign keyring', same(keyring.repository, this.id))
    return keyring
  }
  change({ add, remove }: { add: unknown; remove: unknown }): void {
    const next = new Map(this.members)
    for (const id of remove as Buffer[]) next.delete(hex(id))
    for (const one of asMembers(add)) next.set(hex(memberId(one.key)), one)
    must('§7.4 no owner, or too many members', next.size <= 1024 && [...next.values()].some(isOwner))
    this.members = next
  }
  replay(): void {
    const last = Number(listing(`${this.root}/journal`, /^\d{16}$/).at(-1))
    for (let sequence = 1, link = this.id; ; sequence++) {
      const path = `${this.root}/journal/${String(sequence).padStart(16, '0')}`
      if (!fs.existsSync(path)) return must(`§7.3 journal entry ${sequence} is missing: omission`, sequence > last)
      const object = read(path, MiB + 1)
      const event = this.attempt(`journal slot ${sequence} is void`, () => this.apply(object, sequence, link))
      must(`§7.4 ${event}: a newer repository`, !event || !RESERVED.split(/\s+/).includes(event))
      const slotHash = H(object.subarray(0, MiB))
      link = event === undefined ? H(D('void-slot'), link, slotHash) : slotHash
    }
  }
  /** Applies one slot and gives its event; throws when the slot is void. */
  apply(object: Buffer, at: number, link: Buffer): string {
    const slot = asSlot(object)
    must('§7.3 of another place', same(slot.repository, this.id) && slot.sequence === at && same(slot.previous, link))
    const signer = this.members.get(hex(slot.member))
    must('§7.3 not a member, or not the signature', signer && slot.isSignedBy(signer))
    const [who, , form] = EVENTS.find(([, names]) => names.split(/\s+/).includes(slot.event)) ?? ['', '', '']
    const isAllowed = signer.roles.some((role) => who.includes(role === 'witness' ? 'x' : role[0]!))
    must(`§7.4 ${slot.event} by ${signer.roles.join()}`, isAllowed)
    record(form, slot.clear)
    if (slot.event === 'permission_change') this.change(record('add:list remove:list', slot.clear))
    if (slot.event === 'features_set') this.features = slot.clear
    if (slot.event !== 'snapshot_created') return slot.event
    const clear = record('manifest:b32 series:b16', slot.clear)
    must('§7.4 a writer of other series', mayCommit(signer, clear.series))
    this.attempt(`entry ${at} has no effect`, () => {
      const [salt, sealed] = [slot.sealed.subarray(0, 32), slot.sealed.subarray(32)]
      const details = record(DETAILS, decode(this.openSalted(this.keys.journal, 'journal-details', salt, slot.unsealed, sealed, MiB)))
      const tag = HMAC(this.keys.journal, D('series'), Buffer.from(details.series)).subarray(0, 16)
      must('§7.4 another series than its tag', same(tag, clear.series))
      this.snapshots.push({ manifest: hex(clear.manifest), sequence: at, signer, details })
    })
    return slot.event
  }
  openSalted(key: Buffer, name: string, salt: Buffer, ad: Buffer, sealed: Buffer, most: number): Buffer {
    return openFrame(HKDF(key, Buffer.concat([this.id, salt]), D(`${name}-key`)), 0, [D(name), ad], sealed, most)
  }
  derive(object: Buffer, magic: string, zeros: Buffer, at: number, kind: string, suffix: Bytes): (name: string) => Buffer {
    must(`§9.3.2 magic or version of a ${kind}`, object.subarray(0, 9).equals(Buffer.from(`${magic}\x01`)))
    must(`§9.3.2 header of a ${kind}`, zeros.every((byte) => byte === 0) && same(object.subarray(16, 48), this.id))
    const seed = this.seeds.get(object.readUInt32BE(12))
    must('§9.3.2 no read key of this epoch', seed)
    const secret = decapsulate(seed, object.subarray(at + 32, at + 1152))
    const derived = (name: string): Buffer => HKDF(secret, this.id, D(`${kind}-${name}`), suffix, object.subarray(12, 16))
    must('§4.4 commitment', same(derived('commitment'), object.subarray(at, at + 32)))
    return derived
  }
  manifest({ manifest: name, signer, details }: Snapshot): Entry {
    const object = read(`${this.root}/manifests/${name}`, 17 * MiB)
    must('§9.4.2 name of the manifest', hex(H(object)) === name)
    const [body, isMember] = [object.subarray(0, -64), same(object.subarray(48, 80), memberId(signer.key))]
    must('§9.4.2 not by who committed', isMember && isSigned('manifest', this.id, signer, body, object.subarray(-64)))
    const key = this.derive(object, 'CAIRNMAN', object.subarray(9, 12), 80, 'manifest', Buffer.alloc(0))('key')
    const cbor = decode(openFrame(key, 0, [D('manifest'), body.subarray(0, 112)], body.subarray(1232), 16 * MiB))
    const found = record('series:text backupId:b16 root:map ...', cbor)
    must('§9.4.2 of another entry', found.series === details.series && same(found.backupId, details.backupId))
    const root = asEntry(found.root)
    must('§6.5 root', root.type === DIRECTORY && root.name.length === 0)
    return root
  }
  segment(name: string): void {
    const object = read(`${this.root}/index/${name}`, 257 * MiB).subarray(0, -64)
    const [header, salt, sealed] = [object.subarray(0, 112), object.subarray(80, 112), object.subarray(112)]
    const raw = this.openSalted(this.keys.index, 'index-segment', salt, header, sealed, 256 * MiB)
    const body = raw.subarray(4 + 32 * raw.readUInt32BE())
    const [p, b, n] = [body.readUInt32BE(), body.readUInt32BE(4), body.readUInt32BE(8)]
    const columns = columnsOf(body, 12 + 45 * p, b, n, 0, 16)
    for (let row = body.subarray(12, 12 + 45 * p); row.length > 0; row = row.subarray(45)) {
      const id = hex(row.subarray(0, 32))
      addPlaces(this.index, `packs/${row[32] === 1 ? 'data' : 'tree'}/${id.slice(0, 2)}/${id}`, columns, row.readUInt32BE(37))
    }
  }
  pack(name: string) {
    const object = read(`${this.root}/${name}`, 256 * MiB)
    must(`§9.3.2 kind of ${name}`, object[9] === kindOf(name))
    return { object, key: this.derive(object, 'CAIRNPAK', object.subarray(10, 12), 48, 'pack', object.subarray(9, 10)) }
  }
  directory(index: Index, name: string): void {
    const { object, key } = this.pack(name)
    const [directoryKey, about] = [key('directory-key'), [this.id, uint(1, kindOf(name))]]
    const footer = openAead(directoryKey, 1, [D('footer'), ...about], object.subarray(-24))
    const [offset, size] = [footer.readUInt32BE(), footer.readUInt32BE(4)]
    const body = openFrame(directoryKey, 0, [D('directory'), ...about], object.subarray(offset, offset + size), 192 * MiB)
    const blockCount = body.readUInt32BE()
    addPlaces(index, name, columnsOf(body, 8, blockCount, body.readUInt32BE(4), 1, 32), blockCount)
  }
  allDirectories(): Index {
    const index: Index = new Map()
    for (const name of fs.readdirSync(`${this.root}/packs`, { recursive: true, encoding: 'utf8' }))
      if (/^(data|tree)\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)) this.attempt(name, () => this.directory(index, `packs/${name}`))
    return index
  }
  piece(kind: number, id: Buffer, { pack, block, at, sealed, offset, length }: Place): Buffer {
    const { object, key } = this.remember(pack, () => this.pack(pack))
    const ad = [D('block'), this.id, uint(1, kindOf(pack)), uint(4, block)]
    const raw = this.remember(`${pack}/${block}`, () => openFrame(key('block-key'), block, ad, object.subarray(at, at + sealed), 16 * MiB))
    const piece = raw.subarray(offset, offset + length)
    must('§9.3.5 another chunk is in its place', same(HMAC(this.keys.id, D('chunk-id'), uint(1, kind), H(piece)), id))
    return piece
  }
  chunk(kind: number, id: Buffer, length?: number): Buffer {
    for (const index of [() => this.index, () => (this.directories ??= this.allDirectories())])
      for (const place of index().get(placeKey(Math.min(kind, 2), id)) ?? []) {
        const piece = this.attempt(`chunk ${hex(id)}`, () => this.piece(kind, id, place))
        must(`§6.6 length of chunk ${hex(id)}`, !piece || piece.length === (length ?? piece.length))
        if (piece) return piece
      }
    throw new Error(`§9.3 no pack has the chunk ${hex(id)}`)
  }
  *leaves(of: number, [size, depth, items]: Stream): Generator<Item> {
    must('§6.6 a list of items', Array.isArray(items) && isFewEnough(items.length, size) && items.every((item) => isItem(item as Cbor[])))
    must('§6.6 sizes of a stream', items.reduce((sum, [length]) => sum + length, 0) === size && [0, 1, 2, 3, 4].includes(depth))
    for (const [length, id] of items) {
      must('§6.6 a hole that may not be', id ?? (depth === 0 && of === FILE))
      if (depth > 0) yield* this.leaves(of, [length, depth - 1, decode(this.chunk(3, id)) as unknown as Item[]])
      else yield id ? [length, id] : [length]
    }
  }
  *tree({ content }: Entry): Generator<Entry> {
    let before: Bytes = Buffer.alloc(0)
    for (const [length, id] of this.leaves(DIRECTORY, content))
      for (const value of decodeSequence(this.chunk(2, id!, length))) {
        const found = asEntry(value)
        must('§10 size of an entry', encode(value).length <= MiB)
        must('§6.7 name or order of an entry', isName(found.name) && Buffer.compare(before, found.name) < 0)
        yield found
        before = found.name
      }
  }
}
// §9.5. What is made lies below a fresh directory of mode 0700, so that nobody else can swap anything in it.
function restore(repository: Repository, snapshot: Snapshot, target: string): void {
  const directories: [path: Buffer, entry: Entry][] = [[Buffer.from(`${target}.restoring`), repository.manifest(snapshot)]]
  const groups = new Map<string, { path: Buffer; allButName: Buffer }>()
  must(`§9.5.2 ${target} is not empty`, !fs.existsSync(target) || fs.readdirSync(target).length === 0)
  for (const [parent, directory] of directories) {
    fs.mkdirSync(parent, 0o700)
    for (const entry of repository.tree(directory)) {
      const [path, group] = [Buffer.concat([parent, Buffer.from('/'), entry.name]), hex(entry.link ?? ZERO)]
      const first = groups.get(group)
      const isOne = first && same(first.allButName, entry.allButName)
      if (entry.link && !first) groups.set(group, { path, allButName: entry.allButName })
      if (first && !isOne) repository.notes.push(`§6.7 ${path.toString()} differs from the first of its group of hard links`)
      if (entry.type === DIRECTORY) directories.push([path, entry])
      else if (isOne && entry.type <= SYMLINK) fs.linkSync(first.path, path)
      else create(repository, path, entry)
    }
  }
  for (const [path, directory] of directories.reverse()) setMetadata(repository, path, directory)
  fs.renameSync(`${target}.restoring`, target)
}
function create(repository: Repository, path: Buffer, entry: Entry): void {
  if (entry.type > SYMLINK) return void repository.notes.push(`left out: ${path.toString()} (type ${entry.type})`)
  if (entry.type === SYMLINK) fs.symlinkSync(entry.target!, path)
  else {
    const file = fs.openSync(path, 'wx', 0o600)
    let at = 0
    for (const [length, id] of repository.leaves(FILE, entry.content)) {
      must('§9.5 a write that was cut short', !id || fs.writeSync(file, repository.chunk(1, id, length), 0, length, at) === length)
      at += length
    }
    fs.ftruncateSync(file, at)
    fs.closeSync(file)
  }
  setMetadata(repository, path, entry)
}
/** Mode and time. Ownership and xattrs are left out, and with somebody else's ownership the set-id bits. */
function setMetadata({ notes }: Repository, path: Buffer, { type, mode, uid, gid, seconds, xattrs }: Entry): void {
  const [isUser, isGroup] = [uid === process.geteuid?.(), gid === process.getegid?.()]
  if (!isUser || !isGroup) notes.push(`left out: ownership ${uid}:${gid} of ${path.toString()}`)
  if (xattrs) notes.push(`left out: xattrs of ${path.toString()}`)
  if (type === SYMLINK) return fs.lutimesSync(path, seconds, seconds)
  fs.chmodSync(path, mode & ~((isUser ? 0 : 0o4000) | (isGroup ? 0 : 0o2000)))
  fs.utimesSync(path, seconds, seconds)
}
/** Runs the command line; `say` gets a line per snapshot, `remark` one for what was skipped or left out. Throws what is refused. */
export function main([root, how, secret, verb, prefix, target]: readonly string[], say = console.log, remark = console.error): void {
  must(`usage: ${USAGE}`, root && secret && (verb === '--list' || (verb === '--restore' && prefix && target)))
  const repository = new Repository(root, how === '--identity' ? unlockByIdentity(secret) : unlockByRecoveryCode(secret))
  const found = repository.snapshots.filter(({ manifest }) => manifest.startsWith(prefix ?? ''))
  must(`§9.5.1 ${prefix} does not name a snapshot`, !target || found.length > 0)
  if (target) restore(repository, found.at(-1)!, target)
  else for (const { manifest, sequence, details } of found) say(sequence, manifest, details.series, JSON.stringify(details.description))
  for (const note of repository.notes) remark(note)
}
if (import.meta.main) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    console.error(`refused: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
