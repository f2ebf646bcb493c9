// Signatures of keys that no honest program makes: Cairn and the independent reader say the same of each, and it is what SPEC §4.6 says.

import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../format/bytes.ts'
import { signatureInput } from '../../format/derivations.ts'
import { signatureCases } from '../../format/vectors/signature-cases.ts'
import type { Context } from '../../format/vectors/vector.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import { memberId, verifySignature } from '../../src/repository/crypto/signing.ts'
import { isSigned } from '../independent-reader.ts'
import { oddKey, type Signed, signOddly, torsionOf } from '../support/odd-signatures.ts'
import { countedProperties } from '../support/properties.ts'

const property = countedProperties('crypto-odd-keys')

const SIGNED: Signed = { kind: 'lease', repository: Buffer.alloc(32, 0x11), bytes: Buffer.from('an object') }

function verdicts(publicKey: Buffer, signature: Buffer): { readonly cairn: boolean; readonly reader: boolean } {
  const { kind, repository, bytes } = SIGNED
  return { cairn: verifySignature(kind, repository, publicKey, bytes, signature), reader: isSignedOrRefused(publicKey, signature) }
}

/** The independent reader takes whatever throws for void. */
function isSignedOrRefused(key: Buffer, signature: Buffer): boolean {
  try {
    return isSigned(SIGNED.kind, Buffer.from(SIGNED.repository), { key }, Buffer.from(SIGNED.bytes), signature)
  } catch {
    return false
  }
}

function keyIn(context: Context): Buffer {
  return fromHex(context['publicKey'] as string)
}

describe('the vectors', () => {
  test.each(signatureCases.map((vector) => [vector.name, vector] as const))('%s', (_, { kind, context, hex }) => {
    const isGood = kind === 'accept'
    expect(verdicts(keyIn(context!), fromHex(hex))).toEqual({ cairn: isGood, reader: isGood })
  })

  test.each(
    signatureCases.filter(({ name }) => !/s-beyond-order|another-object/.test(name)).map((vector) => [vector.name, vector] as const),
  )('%s holds with the cofactor, so that it means something', (_, { context, hex }) => {
    const key = keyIn(context!)
    const input = signatureInput(SIGNED.kind, SIGNED.repository, memberId(key), sha256(SIGNED.bytes))
    expect(ed25519.verify(fromHex(hex), input, key, { zip215: true })).toBe(true)
  })
})

const scalar = fc.oneof({ weight: 9, arbitrary: fc.bigInt(1n, 2n ** 250n) }, { weight: 1, arbitrary: fc.constant(0n) })
const torsion = fc.oneof({ weight: 3, arbitrary: fc.nat(7) }, { weight: 1, arbitrary: fc.constant(0) })

// Random keys are half of mixed order; each costs some milliseconds of slow, plain arithmetic.
property([scalar, torsion, scalar, torsion])('of a key and an R of any order, both say the same', (secret, ofKey, nonce, ofR) => {
  const key = oddKey(secret, ofKey)
  const made = signOddly(key, SIGNED, nonce, ofR)
  const { cairn, reader } = verdicts(key.publicKey, made.signature)
  expect(cairn).toBe(reader)
  if (secret === 0n || nonce === 0n) expect(cairn).toBe(false)
  else expect(cairn).toBe((ofR + ofKey * torsionOf(made)) % 8 === 0)
})
