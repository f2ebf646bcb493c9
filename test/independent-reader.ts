// A reader of Cairn repositories that was written from SPEC.md alone: it shares no line with format/ or src/, and its cryptography
// is a published library. Slow and plain on purpose. What it refuses carries the section that was violated.
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

/** A violated MUST; the message starts with the section of SPEC.md. */
export class Refusal extends Error {
  override name = 'Refusal'
}
function must(condition: unknown, section: string, message: string, cause?: unknown): asserts condition {
  if (!condition) throw new Refusal(`§${section}: ${message}`, { cause })
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
const u96 = (n: number): Buffer => Buffer.concat([Buffer.alloc(8), u32(n)])
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')
const same = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) === 0
const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0)

function openAead(key: Bytes, nonce: Bytes, ad: Bytes[], sealed: Bytes, what: string): Buffer {
  try {
    return Buffer.from(gcm(key, nonce, Buffer.concat(ad)).decrypt(sealed))
  } catch (cause) {
    throw new Refusal(`§4: ${what} does not open`, { cause })
  }
}

// §1 CBOR
type Cbor = number | boolean | null | string | Buffer | Cbor[] | Map<Cbor, Cbor>

class Cursor {
  readonly bytes: Buffer
  at = 0
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
  take(length: number): Buffer {
    must(length <= this.bytes.length - this.at, '1', 'the bytes end early')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
  u32(): number {
    return this.take(4).readUInt32BE()
  }
  argument(info: number): number {
    if (info < 24) return info
    must(info <= 27, '1', 'CBOR indefinite or reserved length')
    const value = Number(`0x${hex(this.take(1 << (info - 24)))}`)
    must(value <= Number.MAX_SAFE_INTEGER, '1', 'CBOR integer beyond 2^53-1')
    must(value >= [24, 1 << 8, 1 << 16, 2 ** 32][info - 24]!, '1', 'CBOR integer not in its shortest form')
    return value
  }
  value(depth = 0): Cbor {
    const head = this.take(1)[0]!
    const major = head >> 5
    must(major !== 6 && (major !== 7 || (head >= 0xf4 && head <= 0xf6)), '1', 'CBOR tag, float or simple value')
    if (major === 7) return head === 0xf6 ? null : head === 0xf5
    const n = this.argument(head & 31)
    must(major !== 1 || n < Number.MAX_SAFE_INTEGER, '1', 'CBOR integer beyond 2^53-1')
    if (major < 2) return major === 0 ? n : -1 - n
    must(n <= this.bytes.length - this.at && (major < 4 || depth < 16), '1', 'CBOR ends early or is nested beyond 16')
    if (major === 2) return this.take(n)
    if (major === 3) return this.text(n)
    return major === 4 ? Array.from({ length: n }, () => this.value(depth + 1)) : this.map(n, depth + 1)
  }
  text(length: number): string {
    const raw = this.take(length)
    must(same(Buffer.from(raw.toString()), raw), '1', 'CBOR text is not UTF-8')
    return raw.toString()
  }
  map(count: number, depth: number): Map<Cbor, Cbor> {
    const map = new Map<Cbor, Cbor>()
    let before = Buffer.alloc(0)
    for (let i = 0; i < count; i++) {
      const start = this.at
      const key = this.value(depth)
      const encoded = this.bytes.subarray(start, this.at)
      must(Buffer.compare(before, encoded) < 0, '1', 'CBOR map keys out of order or twice')
      before = Buffer.from(encoded)
      map.set(key, this.value(depth))
    }
    return map
  }
}

function decode(bytes: Buffer): Cbor {
  const cursor = new Cursor(bytes)
  const value = cursor.value()
  must(cursor.at === bytes.length, '1', 'CBOR with trailing bytes')
  return value
}
function encodeHead(major: number, n: number): Buffer {
  if (n < 24) return u8((major << 5) | n)
  const size = n < 1 << 8 ? 0 : n < 1 << 16 ? 1 : n < 2 ** 32 ? 2 : 3
  return Buffer.from(((major << 5) | (24 + size)).toString(16) + n.toString(16).padStart(2 << size, '0'), 'hex')
}
/** Encodes what decode() gave: its maps are in order. */
function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value)
  if (value === null || typeof value === 'boolean') return u8(value === null ? 0xf6 : value ? 0xf5 : 0xf4)
  if (typeof value === 'string') return Buffer.concat([encodeHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([encodeHead(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([encodeHead(4, value.length), ...value.map(encode)])
  return Buffer.concat([encodeHead(5, value.size), ...[...value].flat().map(encode)])
}

// The records, in the notation of SPEC.md itself (§5.2, 5.3, 6.5, 6.7, 7.1, 7.2, 7.4); `text?` and the like stand for any text
const GRAMMAR = `
keyring = { "repository": bytes32, "label": text, "write": { "id": bytes32, "gear": bytes32, "index": bytes32, "journal": bytes32 },
  ? "read": [+ [uint, bytes32]], ? "signing": bytes32 };
slot = { "v": 1, "id": bytes16, "repository": bytes32, "member": bytes32, "kind": "identity" / "passphrase" / "recovery",
  "kdf": kdf, "nonce": bytes24, "wrapped": bytes };
kdf = { "alg": "x-wing", "ciphertext": bytes1120 } / { "alg": "hkdf" }
  / { "alg": "argon2id", "salt": bytes16, "memoryKiB": uint, "passes": uint, "lanes": uint };
manifest = { "format": 1, "backupId": bytes16, "contentId": bytes32, "series": text, "parents": [* bytes32],
  "createdAt": int, "durationMs": uint, "createdBy": text, "actor": text, "source": text, "description": text,
  "requestId": text, "environment": text, "host": text, "toolVersion": text, "applicationVersion": text, "storageSpecVersion": text,
  "tags": { * text => text }, "roots": [+ { "path": bytes, "at": bytes }], "root": entry, "excludes": [* text],
  "statistics": statistics, "complete": bool, "problems": [* problem], "problemCount": uint, ? "extensions": { * text => any } };
statistics = { "files": uint, "directories": uint, "symlinks": uint, "others": uint, "bytes": uint, "newBytes": uint, "storedBytes": uint,
  "newFiles": uint, "changedFiles": uint, "classes": { "database": counts, "files": counts, "config": counts, "logs": counts } };
counts = [uint, uint];
problem = { "path": bytes, "kind": "changed" / "vanished" / "unreadable" / "unsupported" / "metadata", "message": text };
item = [uint] / [uint, bytes32];
stream = [uint, uint, [* item]];
entry = { 1: bytes, 2: 1 / 2 / 3 / 4 / 5 / 6 / 7, 3: uint, 4: uint, 5: uint, ? 6: text, ? 7: text, 8: [int, uint],
  ? 9: stream, ? 10: bytes, ? 11: bytes8, ? 12: [+ [bytes, bytes / stream]], ? 13: [uint, uint], ? 14: bytes32, ? 15: 1 / 2 / 3 };
signed = [bytes, bytes64];
journal = { "v": 1, "repository": bytes32, "sequence": uint, "previous": bytes32, "operation": bytes16, "member": bytes32,
  "event": text, "time": int, "clear": { * text => any }, "sealed": bytes };
member = { "key": bytes32, "roles": [+ role], ? "series": [+ bytes16] };
role = "owner" / "maintainer" / "writer" / "reader" / "approver" / "witness";
features = { "read": [* text], "write": [* text], "check": [* text], "delete": [* text] };
repositorycreated = { "version": 1, "sealing": bytes1216, "keys": bytes32, "members": [+ member], "features": features }`
/** Events: who, what they are called, their clear fields (§7.4). `-` stands for nobody: reserved. */
const EVENTS = `
ow snapshot_created { "manifest": bytes32, "series": bytes16 }
om tag_set tag_removed { "manifest": bytes32 }
o permission_change { "add": [* member], "remove": [* bytes32] }
o key_slot_added key_slot_removed { "slot": bytes16, "kind": text, "member": bytes32 }
o checkpoint { "state": bytes32, "sequence": uint }
or attest { "packs": bytes }
o features_set { "read": [* text], "write": [* text], "check": [* text], "delete": [* text] }
o grant_issued { "grant": bytes16, "member": bytes32 }
o grant_revoked { "grant": bytes16 }
o journal_accepted { "sequence": uint, "hash": bytes32 }
omwrax audit_batch { "records": [+ bytes] }
ow backup_started backup_completed backup_failed { }
or restore_attempted restore_completed restore_failed snapshot_restored { }
omr verify_completed verify_failed repair_completed repair_failed { }
omwra action_planned action_confirmed action_refused grant_used { }
- snapshot_deleted snapshot_undeleted prune_marked prune_swept policy_set snapshot_rewritten epoch_added promoted grafted { * text => any }
- plan_approved witness_head login_succeeded login_failed logged_out resource_created resource_updated { * text => any }
- resource_deleted bundle_exported bundle_imported release_created release_activated release_rolled_back { * text => any }
- guard_started guard_completed guard_failed drill_completed drill_failed erased { * text => any }`

/** Checks a decoded value against a rule; maps with named keys become plain objects. */
type Rule = (value: Cbor, at: string) => unknown
const rules = new Map<string, Rule>()
const kindOf = (test: (value: Cbor) => boolean, name: string): Rule => {
  return (value, at) => {
    must(test(value), '1', `${at} is not ${name}`)
    return value
  }
}
function term(tokens: string[]): Rule {
  const token = tokens.shift()!
  if (token === '{') return mapRule(tokens)
  if (token === '[') return arrayRule(tokens)
  if (/^["\d]/.test(token)) return kindOf((value) => value === JSON.parse(token), token)
  const size = /^bytes(\d*)$/.exec(token)?.[1]
  if (size !== undefined) return kindOf((value) => value instanceof Uint8Array && (size === '' || value.length === Number(size)), token)
  if (token === 'uint' || token === 'int') return kindOf((value) => typeof value === 'number' && (token === 'int' || value >= 0), token)
  if (token === 'text' || token === 'bool') return kindOf((value) => typeof value === (token === 'text' ? 'string' : 'boolean'), token)
  return token === 'any' ? (value) => value : (value, at) => rules.get(token)!(value, at)
}
function rule(tokens: string[]): Rule {
  const first = term(tokens)
  if (tokens[0] !== '/') return first
  tokens.shift()
  const second = rule(tokens)
  return (value, at) => {
    try {
      return first(value, at)
    } catch {
      return second(value, at)
    }
  }
}
function arrayRule(tokens: string[]): Rule {
  const parts: Rule[] = []
  const many = /^[*+]$/.test(tokens[0]!) ? tokens.shift() : undefined
  for (let separator = ','; separator === ','; separator = tokens.shift()!) parts.push(rule(tokens))
  return (value, at) => {
    const fits = Array.isArray(value) && (many === undefined ? value.length === parts.length : many === '*' || value.length > 0)
    must(fits, '1', `${at} is not an array of its length`)
    return value.map((item, i) => parts[many === undefined ? i : 0]!(item, `${at}[${i}]`))
  }
}
function mapRule(tokens: string[]): Rule {
  const fields = new Map<Cbor, [rule: Rule, optional: boolean]>()
  for (let token = tokens.shift()!; token !== '}'; token = tokens.shift()!) {
    if (token === ',') continue
    const optional = token === '?'
    const key = optional ? tokens.shift()! : token
    tokens.splice(0, key === '*' ? 2 : 1)
    fields.set(key === '*' ? key : (JSON.parse(key) as string | number), [rule(tokens), optional || key === '*'])
  }
  const others = fields.get('*')?.[0]
  return (value, at) => {
    must(value instanceof Map, '1', `${at} is not a map`)
    for (const [key, [, optional]] of fields) must(optional || value.has(key), '1', `${at} has no ${String(key)}`)
    const checked = Array.from(value, ([key, item]): [string, unknown] => {
      const of = others === undefined ? fields.get(key)?.[0] : typeof key === 'string' ? others : undefined
      must(of, '1', `${at} has the unknown key ${String(key)}`)
      return [String(key), of(item, `${at}.${String(key)}`)]
    })
    return others === undefined ? Object.fromEntries(checked) : new Map(checked)
  }
}
const compile = (notation: string): Rule => rule(notation.match(/"[^"]*"|=>|[{}[\],:/?*+]|\w+/g)!)
for (const line of GRAMMAR.split(';')) rules.set(line.split('=')[0]!.trim(), compile(line.slice(line.indexOf('=') + 1)))
const events = new Map<string, { roles: string; clear: Rule }>()
for (const line of EVENTS.trim().split('\n')) {
  const [roles, ...names] = line.slice(0, line.indexOf(' {')).split(' ')
  for (const name of names) events.set(name, { roles: roles!, clear: compile(line.slice(line.indexOf(' {'))) })
}
const read = <T>(name: string, value: Cbor): T => rules.get(name)!(value, name) as T

// What the records hold, as far as this reader uses it
interface Keyring {
  readonly repository: Buffer
  readonly write: Readonly<Record<'id' | 'gear' | 'index' | 'journal', Buffer>>
  readonly read?: readonly [epoch: number, seed: Buffer][]
  readonly signing?: Buffer
}
type Slot = Record<'id' | 'repository' | 'member' | 'nonce' | 'wrapped', Buffer> & { kind: string; kdf: { alg: string; ciphertext?: Buffer } }
type Item = readonly [length: number, id?: Buffer]
type Stream = readonly [size: number, depth: number, items: readonly Item[]]
interface Entry {
  readonly 1: Buffer
  readonly 2: number
  readonly 3: number
  readonly 4: number
  readonly 8: readonly [seconds: number, nanoseconds: number]
  readonly 9?: Stream
  readonly 10?: Buffer
  readonly 11?: Buffer
  readonly 12?: readonly [name: Buffer, value: Buffer | Stream][]
  readonly 13?: unknown
  readonly 14?: Buffer
  readonly 15?: number
}
type Manifest = Record<'backupId' | 'contentId', Buffer> & { series: string; root: Entry; complete: boolean; problems: unknown[]; problemCount: number }
type Journal = Record<'repository' | 'previous' | 'member' | 'sealed', Buffer> & { sequence: number; event: string; clear: Map<string, Cbor> }
type Member = Readonly<{ key: Buffer; roles: readonly string[]; series?: readonly Buffer[] }>
type Members = ReadonlyMap<string, Member>
type Features = Record<'read' | 'write' | 'check' | 'delete', string[]>
type Clear = Record<'manifest' | 'series' | 'keys' | 'packs', Buffer> & { add: Member[]; remove: Buffer[]; members: Member[]; features: Features }
/** One snapshot as the journal has it, with the members at its sequence. */
export type Snapshot = Readonly<{ manifest: string; sequence: number; tag: Buffer; members: Members; details: Map<string, Cbor> | undefined }>
type Place = Readonly<{ pack: string; block: number; blockOffset: number; sealed: number; raw: number; offset: number; length: number }>

// §4.3 X-Wing, §4.6 signatures, §4.7 frames
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
const isSigned = (kind: string, repo: Bytes, key: Bytes, bytes: Bytes, signature: Bytes): boolean =>
  ed25519.verify(signature, Buffer.concat([D(`sign-${kind}`), repo, memberId(key), H(bytes)]), key, { zip215: false })
function frame(plain: Buffer, maxRaw: number): Buffer {
  must(plain.length >= 8 && plain[0]! < 2 && isZero(plain.subarray(1, 4)), '4.7', 'frame header')
  const [raw, payload] = [plain.readUInt32BE(4), plain.subarray(8)]
  must(raw <= maxRaw, '10', `a frame of ${raw} bytes`)
  if (plain[0] === 0) must(payload.length === raw, '4.7', 'frame length')
  if (plain[0] === 0) return payload
  try {
    const { buffer, engine } = zlib.zstdDecompressSync(payload, { maxOutputLength: Math.max(raw, 1), info: true }) as unknown as Decompressed
    must(buffer.length === raw && engine.bytesWritten === payload.length, '4.7', 'zstd frame length')
    return buffer
  } catch (cause) {
    throw new Refusal('§4.7: zstd frame', { cause })
  }
}
type Decompressed = { buffer: Buffer; engine: { bytesWritten: number } }

// §5.3, §5.4 Ways to unlock. `repository` is the id, or its first 8 bytes.
type Unlock = Readonly<{ repository: Buffer; kind: 'identity' | 'recovery'; slot?: string; member?: Buffer; secret(slot: Slot): Buffer }>

export function unlockByIdentity(file: string): Unlock {
  const json = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>
  must(json['cairn'] === 'identity' && json['version'] === 1, '5', 'not an identity file of version 1')
  const field = (name: string, size: number): Buffer => {
    const value = String(json[name])
    must(/^[0-9a-f]*$/.test(value) && value.length === 2 * size, '5', `identity: ${name} is not ${size} bytes in hex`)
    return Buffer.from(value, 'hex')
  }
  const [member, key] = [field('member', 32), new XWing(field('unlockSeed', 32))]
  must(same(memberId(ed25519.getPublicKey(field('signingSeed', 32))), member), '5', 'identity: the seed is not that of the member')
  const secret = (slot: Slot): Buffer => key.secret(slot.kdf.ciphertext!)
  return { repository: field('repository', 32), kind: 'identity', slot: hex(field('slot', 16)), member, secret }
}
export function unlockByRecoveryCode(code: string): Unlock {
  const symbols = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  must(/^[0-9A-HJKMNP-TV-Z]{52}$/.test(symbols), '5.4', 'a recovery code has 52 symbols')
  const digits = Array.from(symbols, (symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  const payload = Buffer.from(Array.from({ length: 32 }, (_, i) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 2)))
  must(digits.endsWith('0000') && payload[0] === 1, '5.4', 'padding or version of the recovery code')
  must(same(H(D('recovery-code'), payload.subarray(0, 29)).subarray(0, 3), payload.subarray(29)), '5.4', 'mistyped recovery code')
  return { repository: payload.subarray(21, 29), kind: 'recovery', secret: () => payload.subarray(1, 21) }
}

/** An open repository: §9.1 in the constructor, then snapshots, manifests, chunks. `notes` has what was skipped or left out. */
export class Repository {
  readonly root: string
  readonly notes: string[] = []
  readonly snapshots: Snapshot[] = []
  readonly id: Buffer
  readonly keys: Keyring
  private readonly readKeys: ReadonlyMap<number, XWing>
  private members: Members
  private features: Features
  private readonly everMembers = new Map<string, Member>()
  private readonly packs = new Map<string, (name: string) => Buffer>()
  private readonly blocks = new Map<string, Buffer>()
  private inSegments: Map<string, Place[]> | undefined
  private inPacks: Map<string, Place[]> | undefined

  constructor(root: string, unlock: Unlock) {
    this.root = root
    const hints = this.get('cairn.json', 1 << 16)
    const json = hints === undefined ? undefined : (JSON.parse(hints.toString()) as Record<string, unknown> & { features: Features })
    must(json === undefined || (json['magic'] === 'cairn' && json['version'] === 1), '5.1', 'cairn.json: magic or version')
    must(!json?.features.read.length, '5.1', 'cairn.json: a newer format')
    const genesis = this.need(journalKey(0), MiB)
    this.id = H(genesis)
    must(same(this.id.subarray(0, unlock.repository.length), unlock.repository), '9.1.2', 'another repository in this place')
    must(json === undefined || json['repository'] === hex(this.id), '5.1', 'cairn.json names another repository')
    const clear = readGenesis(genesis)
    this.features = clear.features
    this.members = new Map()
    this.keep(clear.members, [])
    this.keys = this.unlock(unlock, clear.keys)
    this.readKeys = new Map(this.keys.read?.map(([epoch, seed]) => [epoch, new XWing(seed)]))
    this.replay()
    must(!this.features.read.length, '9.1.7', 'a newer format')
  }

  private get(key: string, maxBytes: number, offset = 0, length = maxBytes): Buffer | undefined {
    if (!fs.existsSync(`${this.root}/${key}`)) return undefined
    const file = fs.openSync(`${this.root}/${key}`, 'r')
    try {
      const { size } = fs.fstatSync(file)
      must(size <= maxBytes && offset >= 0, '10', `${key} has ${size} bytes`)
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
      return buffer.subarray(0, fs.readSync(file, buffer, 0, buffer.length, offset))
    } finally {
      fs.closeSync(file)
    }
  }
  private need(key: string, maxBytes: number): Buffer {
    const object = this.get(key, maxBytes)
    must(object, '3', `${key} is absent`)
    return object
  }
  private list(folder: string, name: RegExp): string[] {
    const names = fs.existsSync(`${this.root}/${folder}`) ? fs.readdirSync(`${this.root}/${folder}`) : []
    return names.filter((entry) => name.test(entry)).sort()
  }
  /** What may fail without harm is written down, and the next way is tried. */
  private attempt<T>(what: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.notes.push(`${what}: ${String(error)}`)
      return undefined
    }
  }

  // §5.3
  private unlock(unlock: Unlock, commitment: Buffer): Keyring {
    const names = this.list('keys', /^[0-9a-f]{32}$/).filter((name) => unlock.slot === undefined || unlock.slot === name)
    for (const name of names.slice(0, 1024)) {
      const keyring = this.attempt(`keys/${name}`, () => this.openSlot(name, unlock))
      if (keyring === undefined) continue
      const { id, gear, index, journal } = keyring.write
      must(same(keyring.repository, this.id), '9.1.4', 'a foreign keyring')
      must(same(H(D('write-keys'), id, gear, index, journal), commitment), '9.1.4', 'substituted write keys')
      return keyring
    }
    throw new Refusal(`§9.1.4: no ${unlock.kind} slot opens`)
  }
  private openSlot(name: string, unlock: Unlock): Keyring {
    const value = decode(this.need(`keys/${name}`, 1 << 16)) as Map<Cbor, Cbor>
    const slot = read<Slot>('slot', value)
    const alg = { identity: 'x-wing', passphrase: 'argon2id', recovery: 'hkdf' }[slot.kind]
    must(slot.kind === unlock.kind && slot.kdf.alg === alg && hex(slot.id) === name, '5.3', 'a slot of another kind or name')
    must(same(slot.repository, this.id) && (!unlock.member || same(slot.member, unlock.member)), '5.3', 'a foreign slot')
    const kek = HKDF(unlock.secret(slot), this.id, D('slot-kek'), slot.id)
    value.delete('wrapped')
    const cipher = xchacha20poly1305(kek, slot.nonce, Buffer.concat([D('key-slot'), encode(value)]))
    return read<Keyring>('keyring', decode(Buffer.from(cipher.decrypt(slot.wrapped))))
  }

  // §7.3, §7.4
  private keep(added: readonly Member[], removed: readonly Buffer[]): void {
    const next = new Map(this.members)
    for (const id of removed) next.delete(hex(id))
    for (const member of added) next.set(hex(memberId(member.key)), member)
    must([...next.values()].some(({ roles }) => roles.includes('owner')) && next.size <= 1024, '7.4', 'no owner, or too many members')
    this.members = next
    for (const [id, member] of next) this.everMembers.set(id, member)
  }
  private replay(): void {
    const last = Number(this.list('journal', /^\d{16}$/).at(-1) ?? 0)
    let previous = this.id
    for (let sequence = 1; ; sequence++) {
      const object = this.get(journalKey(sequence), Number.MAX_SAFE_INTEGER, 0, MiB + 1)
      must(object !== undefined || sequence > last, '7.3', `journal entry ${sequence} is missing: omission`)
      if (object === undefined) return
      const event = this.attempt(`journal slot ${sequence} is void`, () => this.apply(object, sequence, previous))
      must(event === undefined || events.get(event)!.roles !== '-', '7.4', `${event}: a newer repository`)
      previous = H(object.subarray(0, MiB))
    }
  }
  /** Applies one slot; throws when it is void. Returns its event. */
  private apply(object: Buffer, sequence: number, previous: Buffer): string {
    must(object.length <= MiB, '7.3', 'larger than 1 MiB')
    const [body, signature] = read<[Buffer, Buffer]>('signed', decode(object))
    const value = decode(body) as Map<Cbor, Cbor>
    const entry = read<Journal>('journal', value)
    const [member, event] = [this.members.get(hex(entry.member)), events.get(entry.event)]
    must(same(entry.repository, this.id) && entry.sequence === sequence && same(entry.previous, previous), '7.3', 'of another chain')
    must(member && event && isSigned('journal-entry', this.id, member.key, body, signature), '7.3', 'member, event or signature')
    if (event.roles === '-') return entry.event
    must(member.roles.some((role) => event.roles.includes(role === 'witness' ? 'x' : role[0]!)), '7.4', 'role')
    const clear = event.clear(entry.clear, 'clear') as Clear
    if (entry.event === 'permission_change') this.keep(clear.add, clear.remove)
    if (entry.event === 'features_set') this.features = checkFeatures(clear as unknown as Features)
    if (entry.event === 'attest') must(clear.packs.length % 32 === 0 && clear.packs.length <= 32 * 16_384, '7.4', 'packs')
    if (entry.event !== 'snapshot_created') return entry.event
    must(mayCommit(member, clear.series), '7.4', 'a writer of other series')
    const details = this.attempt(`details of entry ${sequence}`, () => this.details(value, entry.sealed))
    this.snapshots.push({ manifest: hex(clear.manifest), sequence, tag: clear.series, members: this.members, details })
    return entry.event
  }
  private details(value: Map<Cbor, Cbor>, sealed: Buffer): Map<string, Cbor> {
    const key = HKDF(this.keys.write.journal, Buffer.concat([this.id, sealed.subarray(0, 32)]), D('journal-details-key'))
    const ad = [D('journal-details'), encode(new Map(value).set('sealed', Buffer.alloc(0)))]
    return decode(frame(openAead(key, u96(0), ad, sealed.subarray(32), 'details'), 16 * MiB)) as Map<string, Cbor>
  }

  // §4.4, §6.5, §9.4.2
  private derive(object: Buffer, at: number, kind: string, suffix: Bytes): (name: string) => Buffer {
    const epoch = object.readUInt32BE(12)
    const key = this.readKeys.get(epoch)
    must(key, '9.3.2', `no read key of epoch ${epoch}`)
    const secret = key.secret(object.subarray(at + 32, at + 1152))
    const derived = (name: string): Buffer => HKDF(secret, this.id, D(name), suffix, u32(epoch))
    must(same(derived(`${kind}-commitment`), object.subarray(at, at + 32)), '4.4', 'commitment')
    return derived
  }
  manifest({ manifest: name, tag, members, details }: Snapshot): Manifest {
    const object = this.need(`manifests/${name}`, 17 * MiB)
    must(hex(H(object)) === name, '9.4.2', `manifest ${name} is not what its name says`)
    must(object.length > 1296 && hasMagic(object, 'CAIRNMAN', 12) && same(object.subarray(16, 48), this.id), '6.5', 'manifest header')
    const signer = members.get(hex(object.subarray(48, 80)))
    must(signer && mayCommit(signer, tag), '9.4.2', 'the signer of the manifest had no role for it')
    must(isSigned('manifest', this.id, signer.key, object.subarray(0, -64), object.subarray(-64)), '9.4.2', 'signature of the manifest')
    const key = this.derive(object, 80, 'manifest', u8(0).subarray(1))('manifest-key')
    const ad = [D('manifest'), object.subarray(0, 112)]
    const value = decode(frame(openAead(key, u96(0), ad, object.subarray(1232, -64), 'manifest'), 16 * MiB))
    const manifest = read<Manifest>('manifest', value)
    const root = (value as Map<Cbor, Cbor>).get('root') as Map<Cbor, Cbor>
    must(same(HMAC(this.keys.write.journal, D('series'), Buffer.from(manifest.series)).subarray(0, 16), tag), '9.4.2', 'series')
    must(details?.get('series') === manifest.series && same(details.get('backupId') as Buffer, manifest.backupId), '9.4.2', 'entry')
    checkEntry(manifest.root)
    must(manifest.root[2] === 2 && manifest.root[1].length === 0 && same(H(D('content-id'), encode(root.get(9)!)), manifest.contentId), '6.5', 'root')
    must(manifest.complete === (manifest.problemCount === 0) && manifest.problems.length <= 1000, '6.5', 'problems')
    return manifest
  }

  // §6.1, §6.4, §9.3
  private segment(name: string, places: Map<string, Place[]>): void {
    const object = this.need(`index/${name}`, 257 * MiB)
    const signer = this.everMembers.get(hex(object.subarray(48, 80)))
    must(hex(H(object)) === name && hasMagic(object, 'CAIRNIDX', 16) && same(object.subarray(16, 48), this.id), '6.4', 'header')
    must(signer && isSigned('index-segment', this.id, signer.key, object.subarray(0, -64), object.subarray(-64)), '6.4', 'signature')
    const key = HKDF(this.keys.write.index, Buffer.concat([this.id, object.subarray(80, 112)]), D('index-segment-key'))
    const ad = [D('index-segment'), object.subarray(0, 112)]
    const body = new Cursor(frame(openAead(key, u96(0), ad, object.subarray(112, -64), 'index segment'), 256 * MiB))
    body.take(32 * body.u32())
    const [p, b, n] = [body.u32(), body.u32(), body.u32()]
    const [packs, blocks, lengths, ids] = [body.rest(45 * p), body.rest(12 * b), body.rest(4 * n), body.rest(16 * n)]
    must(body.ended, '6.4', 'more bytes than the counts say')
    while (!packs.ended) {
      const [id, kind, size] = [hex(packs.take(32)), packs.take(1)[0]!, packs.u32()]
      must((kind === 1 || kind === 2) && size <= 256 * MiB, '6.4', 'kind or size of a pack')
      const pack = `packs/${kind === 1 ? 'data' : 'tree'}/${id.slice(0, 2)}/${id}`
      for (const place of placesOf(pack, blocks.rest(12 * packs.u32()), lengths.rest(4 * packs.u32())))
        addPlace(places, `${kind}:${hex(ids.take(16))}`, place)
    }
    must(blocks.ended && lengths.ended, '6.4', 'counts do not add up')
  }
  private pack(pack: string): (name: string) => Buffer {
    const known = this.packs.get(pack)
    if (known !== undefined) return known
    const header = this.get(pack, 256 * MiB, 0, 1200)
    must(header?.length === 1200 && hasMagic(header, 'CAIRNPAK', 9) && isZero(header.subarray(10, 12)), '9.3.2', `header of ${pack}`)
    must(header[9] === kindOfPack(pack) && same(header.subarray(16, 48), this.id), '9.3.2', `kind or repository of ${pack}`)
    const keys = this.derive(header, 48, 'pack', u8(header[9]!))
    this.packs.set(pack, keys)
    return keys
  }
  private directory(pack: string, places: Map<string, Place[]>): void {
    const [key, ad, size] = [this.pack(pack)('pack-directory-key'), [this.id, u8(kindOfPack(pack))], fs.statSync(`${this.root}/${pack}`).size]
    const part = (offset: number, length: number): Buffer => this.get(pack, 256 * MiB, offset, length)!
    const footer = new Cursor(openAead(key, u96(1), [D('footer'), ...ad], part(size - 24, 24), `footer of ${pack}`))
    const [offset, sealed] = [footer.u32(), footer.u32()]
    must(offset + sealed <= size - 24, '6.1', `directory of ${pack}`)
    const plain = openAead(key, u96(0), [D('directory'), ...ad], part(offset, sealed), `directory of ${pack}`)
    const body = new Cursor(frame(plain, 192 * MiB))
    const [b, n] = [body.u32(), body.u32()]
    const [blocks, kinds, lengths, ids] = [body.rest(12 * b), body.rest(n), body.rest(4 * n), body.rest(32 * n)]
    must(body.ended && b > 0 && b <= 65_535 && n <= 4_194_304, '6.1', `directory of ${pack}`)
    const found = placesOf(pack, blocks, lengths)
    must(found.at(-1)!.blockOffset + found.at(-1)!.sealed === offset, '6.1', `blocks of ${pack} do not fill it`)
    for (const place of found) {
      const kind = kinds.take(1)[0]!
      must(kindOfPack(pack) === 1 ? kind === 1 : kind === 2 || kind === 3, '6.1', `a chunk of kind ${kind} in ${pack}`)
      addPlace(places, `${kind}:${hex(ids.take(32))}`, place)
    }
  }
  private segmentPlaces(): Map<string, Place[]> {
    if (this.inSegments !== undefined) return this.inSegments
    this.inSegments = new Map()
    for (const name of this.list('index', /^[0-9a-f]{64}$/)) this.attempt(`index/${name}`, () => this.segment(name, this.inSegments!))
    return this.inSegments
  }
  private packPlaces(): Map<string, Place[]> {
    if (this.inPacks !== undefined) return this.inPacks
    this.inPacks = new Map()
    for (const kind of ['data', 'tree'])
      for (const two of this.list(`packs/${kind}`, /^[0-9a-f]{2}$/))
        for (const name of this.list(`packs/${kind}/${two}`, /^[0-9a-f]{64}$/))
          this.attempt(name, () => this.directory(`packs/${kind}/${two}/${name}`, this.inPacks!))
    return this.inPacks
  }
  private piece(kind: number, id: Buffer, { pack, block, blockOffset, sealed, raw, offset, length }: Place): Buffer {
    const name = `${pack}/${block}`
    const ad = [D('block'), this.id, u8(kindOfPack(pack)), u32(block)]
    const bytes = this.get(pack, 256 * MiB, blockOffset, sealed)
    const opened = this.blocks.get(name) ?? frame(openAead(this.pack(pack)('pack-block-key'), u96(block), ad, bytes!, name), 16 * MiB)
    must(opened.length === raw, '9.3.4', `raw size of ${name}`)
    if (this.blocks.size > 8) this.blocks.clear()
    this.blocks.set(name, opened)
    const piece = opened.subarray(offset, offset + length)
    must(same(HMAC(this.keys.write.id, D('chunk-id'), u8(kind), H(piece)), id), '9.3.5', `chunk ${hex(id)} is not in ${name}`)
    return piece
  }
  chunk(kind: number, id: Buffer, length?: number): Buffer {
    const packKind = kind === 1 ? 1 : 2
    const ways = [() => this.segmentPlaces().get(`${packKind}:${hex(id.subarray(0, 16))}`), () => this.packPlaces().get(`${kind}:${hex(id)}`)]
    for (const way of ways)
      for (const place of way() ?? []) {
        const piece = this.attempt(`chunk ${hex(id)}`, () => this.piece(kind, id, place))
        if (piece === undefined) continue
        must(length === undefined || piece.length === length, '6.6', `chunk ${hex(id)} is not as long as its item says`)
        return piece
      }
    throw new Refusal(`§9.3: chunk ${hex(id)} is nowhere`)
  }
}
