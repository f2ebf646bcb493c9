// X-Wing, ML-KEM-768 and X25519 in one (SPEC §4.3; draft-connolly-cfrg-xwing-kem). Key objects are made once per key.

import { createPrivateKey, createPublicKey, decapsulate, diffieHellman, encapsulate, hash, type KeyObject } from 'node:crypto'
import { concat, exactly } from '../../../format/bytes.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import { randomBytes } from '../../runtime/random.ts'

export const SEED_BYTES = 32
export const PUBLIC_KEY_BYTES = 1216
export const CIPHERTEXT_BYTES = 1120
const ML_KEM_PUBLIC_BYTES = 1184
const ML_KEM_CIPHERTEXT_BYTES = 1088
const ML_KEM_SEED_BYTES = 64
const X25519_BYTES = 32

const LABEL = Buffer.from('5c2e2f2f5e5c', 'hex')

/** DER up to the key's own bytes: node:crypto has no typed way to take raw keys. */
const ML_KEM_PRIVATE_DER = Buffer.from('3054020100300b060960864801650304040204428040', 'hex')
const ML_KEM_PUBLIC_DER = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex')
const X25519_PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex')
const X25519_PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex')

export interface Encapsulation {
  /** 1,120 bytes, for the header. */
  readonly ciphertext: Buffer
  /** 32 bytes, for one attempt to write one object. */
  readonly secret: Buffer
}

/** The public half of an X-Wing key: seals, never opens. */
export class EncapsulationKey {
  /** The public key, 1,216 bytes. */
  readonly bytes: Buffer
  readonly #mlKem: KeyObject
  readonly #x25519: KeyObject

  /** @throws {FormatError} `x-wing-public-key` when the bytes are no public key. */
  constructor(publicKey: Uint8Array) {
    this.bytes = Buffer.from(exactly(publicKey, PUBLIC_KEY_BYTES, 'x-wing-public-key', 'an X-Wing public key'))
    try {
      this.#mlKem = publicKeyObject(ML_KEM_PUBLIC_DER, this.bytes.subarray(0, ML_KEM_PUBLIC_BYTES))
      this.#x25519 = publicKeyObject(X25519_PUBLIC_DER, this.bytes.subarray(ML_KEM_PUBLIC_BYTES))
    } catch (cause) {
      throw new FormatError('x-wing-public-key', 'bytes that are no X-Wing public key', { cause })
    }
  }

  /**
   * A fresh secret and the ciphertext that only the private half turns into it.
   * @throws {IntegrityError} `x-wing-secret` when the public key is of low order.
   */
  encapsulate(): Encapsulation {
    const ephemeral = privateKeyObject(X25519_PRIVATE_DER, randomBytes(X25519_BYTES))
    const x25519Ciphertext = rawPublicKey(ephemeral, X25519_PUBLIC_DER)
    const x25519Secret = agree(ephemeral, this.#x25519)
    const { sharedKey, ciphertext } = encapsulate(this.#mlKem)
    const secret = combine(sharedKey, x25519Secret, x25519Ciphertext, this.bytes.subarray(ML_KEM_PUBLIC_BYTES))
    return { ciphertext: concat(ciphertext, x25519Ciphertext), secret }
  }
}

/** The private half of an X-Wing key. */
export class DecapsulationKey {
  /** The public key, 1,216 bytes. */
  readonly publicKey: Buffer
  readonly #mlKem: KeyObject
  readonly #x25519: KeyObject

  /** @throws {FormatError} `x-wing-seed` when the seed does not have 32 bytes. */
  constructor(seed: Uint8Array) {
    exactly(seed, SEED_BYTES, 'x-wing-seed', 'an X-Wing seed')
    const expanded = hash('shake256', seed, { outputEncoding: 'buffer', outputLength: ML_KEM_SEED_BYTES + X25519_BYTES })
    this.#mlKem = privateKeyObject(ML_KEM_PRIVATE_DER, expanded.subarray(0, ML_KEM_SEED_BYTES))
    this.#x25519 = privateKeyObject(X25519_PRIVATE_DER, expanded.subarray(ML_KEM_SEED_BYTES))
    this.publicKey = concat(rawPublicKey(this.#mlKem, ML_KEM_PUBLIC_DER), rawPublicKey(this.#x25519, X25519_PUBLIC_DER))
  }

  /**
   * The secret of a ciphertext. A ciphertext for another key, or a changed one, gives another secret: whoever uses it
   * compares a commitment.
   * @throws {FormatError} `x-wing-ciphertext` when it does not have 1,120 bytes.
   * @throws {IntegrityError} `x-wing-secret` when its X25519 half is a point of low order.
   */
  decapsulate(ciphertext: Uint8Array): Buffer {
    const bytes = exactly(ciphertext, CIPHERTEXT_BYTES, 'x-wing-ciphertext', 'an X-Wing ciphertext')
    const x25519Ciphertext = bytes.subarray(ML_KEM_CIPHERTEXT_BYTES)
    const x25519Secret = agree(this.#x25519, publicKeyObject(X25519_PUBLIC_DER, x25519Ciphertext))
    const mlKemSecret = decapsulate(this.#mlKem, bytes.subarray(0, ML_KEM_CIPHERTEXT_BYTES))
    return combine(mlKemSecret, x25519Secret, x25519Ciphertext, this.publicKey.subarray(ML_KEM_PUBLIC_BYTES))
  }
}

/** A new private key, as its seed of 32 bytes. */
export function generateSeed(): Buffer {
  return randomBytes(SEED_BYTES)
}

/** The public key of a seed, 1,216 bytes. */
export function publicKey(seed: Uint8Array): Buffer {
  return new DecapsulationKey(seed).publicKey
}

function combine(mlKemSecret: Buffer, x25519Secret: Buffer, x25519Ciphertext: Buffer, x25519Public: Buffer): Buffer {
  return hash('sha3-256', concat(mlKemSecret, x25519Secret, x25519Ciphertext, x25519Public, LABEL), 'buffer')
}

/** OpenSSL refuses an all-zero result, which SPEC §4.3 demands; a test holds it to that. */
function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey })
  } catch (cause) {
    throw new IntegrityError('x-wing-secret', 'An X25519 public key of low order: somebody made it so that the secret is known.', { cause })
  }
}

function privateKeyObject(prefix: Buffer, key: Uint8Array): KeyObject {
  return createPrivateKey({ key: concat(prefix, key), format: 'der', type: 'pkcs8' })
}

function publicKeyObject(prefix: Buffer, key: Uint8Array): KeyObject {
  return createPublicKey({ key: concat(prefix, key), format: 'der', type: 'spki' })
}

function rawPublicKey(key: KeyObject, prefix: Buffer): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(prefix.length)
}
