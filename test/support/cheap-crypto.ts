// Stand-ins for what costs most of a small commit's time, for tests that need thousands of commits and are not about these: they keep
// the shapes, sizes and failures, and no secret. A test takes them by `vi.mock`.

import { exactly, type Id } from '../../format/bytes.ts'
import { memberIdInput, signatureInput } from '../../format/derivations.ts'
import type { SignatureKind } from '../../format/domains.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import type { Encapsulation } from '../../src/repository/crypto/x-wing.ts'
import { randomBytes } from '../../src/runtime/random.ts'

const SEED_BYTES = 32
const PUBLIC_KEY_BYTES = 1216
const CIPHERTEXT_BYTES = 1120

/** Gives its secret away in its ciphertext. */
class CheapEncapsulationKey {
  readonly bytes: Buffer

  constructor(publicKey: Uint8Array) {
    this.bytes = Buffer.from(exactly(publicKey, PUBLIC_KEY_BYTES, 'x-wing-public-key', 'an X-Wing public key'))
  }

  encapsulate(): Encapsulation {
    const ciphertext = Buffer.concat([randomBytes(SEED_BYTES), Buffer.alloc(CIPHERTEXT_BYTES - SEED_BYTES)])
    return { ciphertext, secret: secretOf(this.bytes, ciphertext) }
  }
}

class CheapDecapsulationKey {
  readonly publicKey: Buffer

  constructor(seed: Uint8Array) {
    this.publicKey = publicKey(seed)
  }

  decapsulate(ciphertext: Uint8Array): Buffer {
    return secretOf(this.publicKey, exactly(ciphertext, CIPHERTEXT_BYTES, 'x-wing-ciphertext', 'an X-Wing ciphertext'))
  }
}

function secretOf(publicKey: Uint8Array, ciphertext: Uint8Array): Buffer {
  return sha256(Buffer.concat([publicKey, ciphertext]))
}

function publicKey(seed: Uint8Array): Buffer {
  return Buffer.concat([sha256(seed), Buffer.alloc(PUBLIC_KEY_BYTES - 32)])
}

/** In place of src/repository/crypto/x-wing.ts. */
export const cheapXWing = {
  SEED_BYTES,
  PUBLIC_KEY_BYTES,
  CIPHERTEXT_BYTES,
  EncapsulationKey: CheapEncapsulationKey,
  DecapsulationKey: CheapDecapsulationKey,
  generateSeed: () => randomBytes(SEED_BYTES),
  publicKey,
}

/** Anybody who knows the public key can sign. */
class CheapSigningKey {
  readonly publicKey: Buffer
  readonly memberId: Buffer

  private constructor(publicKey: Buffer) {
    this.publicKey = publicKey
    this.memberId = memberId(publicKey)
  }

  static fromSeed(seed: Uint8Array): CheapSigningKey {
    return new CheapSigningKey(sha256(seed))
  }

  sign(kind: SignatureKind, repository: Id, bytes: Uint8Array): Buffer {
    return signatureOf(kind, repository, this.publicKey, bytes)
  }
}

function signatureOf(kind: SignatureKind, repository: Id, publicKey: Uint8Array, bytes: Uint8Array): Buffer {
  const half = sha256(signatureInput(kind, repository, memberId(publicKey), sha256(bytes)))
  return Buffer.concat([half, half])
}

function memberId(publicKey: Uint8Array): Buffer {
  return sha256(memberIdInput(publicKey))
}

/** In place of src/repository/crypto/signing.ts. */
export const cheapSigning = {
  SIGNATURE_BYTES: 64,
  SigningKey: CheapSigningKey,
  memberId,
  verifySignature: (kind: SignatureKind, repository: Id, publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean =>
    signatureOf(kind, repository, publicKey, bytes).equals(signature),
}

/** In place of `compress` of src/repository/crypto/zstd.ts: nothing shrinks, so that everything is stored as it is. */
export function noCompression(raw: Uint8Array): Buffer {
  return Buffer.from(raw)
}
