// Sealed objects made and opened from SPEC.md alone, with noble: nothing of format/ or src/ is imported here, so that a mistake
// on their side cannot hide in the test. Slow and plain on purpose.

import { zstdDecompressSync } from 'node:zlib'
import { gcm } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js'
import { encode, rfc8949EncodeOptions } from 'cborg'

export const H = (...parts: readonly Uint8Array[]): Buffer => Buffer.from(sha256(cat(...parts)))
export const D = (name: string): Buffer => Buffer.from(`cairn/v1/${name}\0`, 'ascii')
export const HKDF = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array => hkdf(sha256, ikm, salt, info, 32)
export const u8 = (n: number): Buffer => Buffer.of(n)
export const zero = (n: number): Buffer => Buffer.alloc(n)
export const cbor = (value: unknown): Buffer => Buffer.from(encode(value, rfc8949EncodeOptions))

export function cat(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts)
}

export function u32(n: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}

export const nonce = (i: number): Buffer => cat(zero(8), u32(i))

export function aead(key: Uint8Array, i: number, ad: Uint8Array, plain: Uint8Array): Buffer {
  return Buffer.from(gcm(key, nonce(i), ad).encrypt(plain))
}

export function openAead(key: Uint8Array, i: number, ad: Uint8Array, sealed: Uint8Array): Buffer {
  return Buffer.from(gcm(key, nonce(i), ad).decrypt(sealed))
}

/** A stored frame. */
export const frame = (raw: Uint8Array): Buffer => cat(u8(0), zero(3), u32(raw.length), raw)

export function openFrame(plain: Buffer): Buffer {
  const payload = plain.subarray(8)
  const raw = plain[0] === 1 ? zstdDecompressSync(payload) : payload
  if (plain.readUIntBE(1, 3) !== 0 || raw.length !== plain.readUInt32BE(4)) throw new Error('frame')
  return raw
}

export interface OracleKeys {
  readonly repository: Buffer
  readonly readSeed: Buffer
  readonly sealing: Uint8Array
  readonly signingSeed: Buffer
  readonly member: Buffer
}

export function oracleKeys(fill: number): OracleKeys {
  const readSeed = Buffer.alloc(32, fill)
  const signingSeed = Buffer.alloc(32, fill + 1)
  const member = H(D('member'), ed25519.getPublicKey(signingSeed))
  return {
    repository: Buffer.alloc(32, fill + 2),
    readSeed,
    sealing: xWing.keygen(new Uint8Array(readSeed)).publicKey,
    signingSeed,
    member,
  }
}

function signature(kind: string, { repository, member, signingSeed }: OracleKeys, bytes: Uint8Array): Buffer {
  return Buffer.from(ed25519.sign(cat(D(`sign-${kind}`), repository, member, H(bytes)), signingSeed))
}

function verified(kind: string, { repository, member, signingSeed }: OracleKeys, object: Buffer): Buffer {
  const unsigned = object.subarray(0, -64)
  const signed = cat(D(`sign-${kind}`), repository, member, H(unsigned))
  if (!ed25519.verify(object.subarray(-64), signed, ed25519.getPublicKey(signingSeed))) throw new Error('signature')
  return unsigned
}

/** Header, block key and directory key of a pack. SPEC §4.4, §6.1 */
export function packHeader(
  keys: OracleKeys,
  kind: number,
  epoch: number,
): { header: Buffer; blockKey: Uint8Array; directoryKey: Uint8Array } {
  const { cipherText, sharedSecret } = xWing.encapsulate(keys.sealing)
  const derived = packKeys(sharedSecret, keys.repository, kind, epoch)
  const start = cat(Buffer.from('CAIRNPAK'), u8(1), u8(kind), zero(2), u32(epoch), keys.repository)
  return { header: cat(start, derived.commitment, cipherText), ...derived }
}

/** The keys of a pack from its header. */
export function openPackHeader(
  keys: OracleKeys,
  header: Buffer,
): { blockKey: Uint8Array; directoryKey: Uint8Array; commitment: Uint8Array } {
  const secret = xWing.decapsulate(new Uint8Array(header.subarray(80, 1200)), xWing.keygen(new Uint8Array(keys.readSeed)).secretKey)
  return packKeys(secret, header.subarray(16, 48), header[9] ?? 0, header.readUInt32BE(12))
}

function packKeys(secret: Uint8Array, repository: Buffer, kind: number, epoch: number) {
  const key = (name: string): Uint8Array => HKDF(secret, repository, cat(D(name), u8(kind), u32(epoch)))
  return { blockKey: key('pack-block-key'), directoryKey: key('pack-directory-key'), commitment: key('pack-commitment') }
}

export const blockAd = ({ repository }: OracleKeys, kind: number, i: number): Buffer => cat(D('block'), repository, u8(kind), u32(i))

/** A manifest of this raw body. SPEC §6.5 */
export function sealManifest(keys: OracleKeys, epoch: number, raw: Uint8Array): Buffer {
  const { cipherText, sharedSecret } = xWing.encapsulate(keys.sealing)
  const commitment = HKDF(sharedSecret, keys.repository, cat(D('manifest-commitment'), u32(epoch)))
  const key = HKDF(sharedSecret, keys.repository, cat(D('manifest-key'), u32(epoch)))
  const header = cat(Buffer.from('CAIRNMAN'), u8(1), zero(3), u32(epoch), keys.repository, keys.member, commitment)
  const unsigned = cat(header, cipherText, aead(key, 0, cat(D('manifest'), header), frame(raw)))
  return cat(unsigned, signature('manifest', keys, unsigned))
}

/** The raw body of a manifest. */
export function openManifest(keys: OracleKeys, object: Buffer): Buffer {
  const unsigned = verified('manifest', keys, object)
  const secret = xWing.decapsulate(new Uint8Array(unsigned.subarray(112, 1232)), xWing.keygen(new Uint8Array(keys.readSeed)).secretKey)
  const key = HKDF(secret, keys.repository, cat(D('manifest-key'), unsigned.subarray(12, 16)))
  return openFrame(openAead(key, 0, cat(D('manifest'), unsigned.subarray(0, 112)), unsigned.subarray(1232)))
}

/** An index segment of this raw body. SPEC §6.4 */
export function sealSegment(keys: OracleKeys, indexKey: Uint8Array, raw: Uint8Array): Buffer {
  const salt = Buffer.alloc(32, 0x5a)
  const header = cat(Buffer.from('CAIRNIDX'), u8(1), zero(7), keys.repository, keys.member, salt)
  const key = HKDF(indexKey, cat(keys.repository, salt), D('index-segment-key'))
  const unsigned = cat(header, aead(key, 0, cat(D('index-segment'), header), frame(raw)))
  return cat(unsigned, signature('index-segment', keys, unsigned))
}

/** The raw body of an index segment. */
export function openSegment(keys: OracleKeys, indexKey: Uint8Array, object: Buffer): Buffer {
  const unsigned = verified('index-segment', keys, object)
  const key = HKDF(indexKey, cat(keys.repository, unsigned.subarray(80, 112)), D('index-segment-key'))
  return openFrame(openAead(key, 0, cat(D('index-segment'), unsigned.subarray(0, 112)), unsigned.subarray(112)))
}

/** A checkpoint of this raw state. SPEC §7.5 */
export function sealCheckpoint(keys: OracleKeys, journalKey: Uint8Array, raw: Uint8Array): Buffer {
  const salt = Buffer.alloc(32, 0xa5)
  const header = cat(Buffer.from('CAIRNCKP'), u8(1), zero(7), keys.repository, salt)
  const key = HKDF(journalKey, cat(keys.repository, salt), D('checkpoint-key'))
  return cat(header, aead(key, 0, cat(D('checkpoint'), header), frame(raw)))
}

/** The raw state of a checkpoint. */
export function openCheckpoint(keys: OracleKeys, journalKey: Uint8Array, object: Buffer): Buffer {
  const key = HKDF(journalKey, cat(keys.repository, object.subarray(48, 80)), D('checkpoint-key'))
  return openFrame(openAead(key, 0, cat(D('checkpoint'), object.subarray(0, 80)), object.subarray(80)))
}

/** The `sealed` field of a journal entry. SPEC §7.1 */
export function sealDetails(keys: OracleKeys, journalKey: Uint8Array, unsealed: Uint8Array, raw: Uint8Array): Buffer {
  const salt = Buffer.alloc(32, 0x3c)
  const key = HKDF(journalKey, cat(keys.repository, salt), D('journal-details-key'))
  return cat(salt, aead(key, 0, cat(D('journal-details'), unsealed), frame(raw)))
}

export function openDetails(keys: OracleKeys, journalKey: Uint8Array, unsealed: Uint8Array, sealed: Buffer): Buffer {
  const key = HKDF(journalKey, cat(keys.repository, sealed.subarray(0, 32)), D('journal-details-key'))
  return openFrame(openAead(key, 0, cat(D('journal-details'), unsealed), sealed.subarray(32)))
}

export interface OracleSlot {
  readonly id: Uint8Array
  readonly repository: Uint8Array
  readonly member: Uint8Array
  readonly kind: string
  readonly kdf: object
  readonly nonce: Uint8Array
}

/** A key slot's bytes, wrapped under the secret of its kind. SPEC §5.3 */
export function wrapSlot(slot: OracleSlot, secret: Uint8Array, keyring: unknown): Buffer {
  const fields = { v: 1, ...slot, wrapped: new Uint8Array(slotCipher(slot, secret).encrypt(cbor(keyring))) }
  return cbor({ ...fields, check: new Uint8Array(H(cbor(fields))) })
}

/** The CBOR of the keyring in a slot. */
export function unwrapSlot(slot: OracleSlot, secret: Uint8Array, wrapped: Uint8Array): Buffer {
  return Buffer.from(slotCipher(slot, secret).decrypt(wrapped))
}

function slotCipher(slot: OracleSlot, secret: Uint8Array) {
  const { id, repository, member, kind, kdf, nonce: slotNonce } = slot
  const kek = HKDF(secret, repository, cat(D('slot-kek'), id))
  return xchacha20poly1305(kek, slotNonce, cat(D('key-slot'), cbor({ v: 1, id, repository, member, kind, kdf, nonce: slotNonce })))
}
