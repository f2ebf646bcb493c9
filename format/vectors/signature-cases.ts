// Signatures that one verifier of Ed25519 takes and another does not, and what this format says of them. No honest program makes them:
// test/support/odd-signatures.ts can, and a test holds that each is what it says. SPEC §4.6

import { toHex } from '../bytes.ts'
import { accept, hex, reject, type Vector } from './vector.ts'

/** All sign the same object. */
const SIGNED = { kind: 'lease', repository: '11'.repeat(32), object: toHex(Buffer.from('an object')) }

function accepted(name: string, description: string, publicKey: string, signature: string): Vector {
  return accept('signature', name, description, hex(signature), { ...SIGNED, publicKey })
}

function refused(name: string, description: string, publicKey: string, signature: string): Vector {
  return reject('signature', 'signature', name, description, hex(signature), { ...SIGNED, publicKey })
}

/** Signatures by keys of every kind of order. SPEC §4.6 */
export const signatureCases: readonly Vector[] = [
  accepted(
    'plain',
    'a key of the order of the base point',
    'ce0835d5eef35d3d7194904428ab19ee30b76afce559883b3b3542994e42af45',
    '5866666666666666666666666666666666666666666666666666666666666666f4c44442fa4d48f676cfb475cd2761018a2e19bfc8ba88acd919de8d55e58809',
  ),
  accepted(
    'mixed-order',
    'a key of mixed order: [k]A has no torsion, so the equation holds',
    '11cafa6189fadaeb44521804c87f0e5cbc49236185e67e41742c3dbcfc553d92',
    '17e35c33e8472bf216d4ef4ab731289a16883a6e1c5081c78718af928df8a6528ada3af4b90342475251727ce1d12e094f472726610684187827de2996f37207',
  ),
  accepted(
    'mixed-order-k-reduced',
    'a key of mixed order: the equation holds with k modulo L, not with the 512 bits of k',
    '11cafa6189fadaeb44521804c87f0e5cbc49236185e67e41742c3dbcfc553d92',
    '586666666666666666666666666666666666666666666666666666666666666667241bfb304a92d93f472dafd34adb0306b8511bdc2869700579d8d4f733730c',
  ),
  accepted(
    'mixed-order-r',
    'key and R of mixed order: their torsion cancels out',
    '11cafa6189fadaeb44521804c87f0e5cbc49236185e67e41742c3dbcfc553d92',
    '9bad33f580df7ecc49df5342bac8145d5bedc40f573d1b067f3c4ce449689a152b6aae26c7b847e234156286443d2252a25bd7da004719fa85519d06cf2e2102',
  ),
  refused(
    'mixed-order-cofactor',
    'a key of mixed order: the equation holds only when it is multiplied by the cofactor',
    '11cafa6189fadaeb44521804c87f0e5cbc49236185e67e41742c3dbcfc553d92',
    'c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd60221ba2e32f930bbd4084a07dba55e6bee3b17d877bec5e53d14e980a7c5748d90e',
  ),
  refused(
    'mixed-order-k-whole',
    'a key of mixed order: the equation holds only with the 512 bits of k',
    '11cafa6189fadaeb44521804c87f0e5cbc49236185e67e41742c3dbcfc553d92',
    'b862409fb5c4c4123df2abf7462b88f041ad36dd6864ce872fd5472be363c5b1535c68d988645c8940f9a2593f62194842ac9a3710a42c6eab732cbf91d57a07',
  ),
  refused(
    'small-order-1',
    'a key of order 1, for which anybody can sign',
    '0100000000000000000000000000000000000000000000000000000000000000',
    '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-2',
    'a key of order 2, for which anybody can sign',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '4ab075e0903e4e35b096d4d64e0e81bca5c3968aeae8e87d98d80b7e8426112e1200000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-4',
    'a key of order 4, for which anybody can sign',
    '0000000000000000000000000000000000000000000000000000000000000080',
    'b862409fb5c4c4123df2abf7462b88f041ad36dd6864ce872fd5472be363c5b10700000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-8',
    'a key of order 8, for which anybody can sign',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'b4b937fca95b2f1e93e41e62fc3c78818ff38a66096fad6e7973e5c90006d3210800000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-y-1-beyond-p',
    'a key of order 1, its y not below p',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-y-1-negative',
    'a key of order 1, with the sign of a negative x',
    '0100000000000000000000000000000000000000000000000000000000000080',
    'f47e49f9d07ad2c1606b4d94067c41f9777d4ffda709b71da1d88628fce34d850600000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-y-0-beyond-p',
    'a key of order 4, its y not below p',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'f9e42d2edc81d23367967352b47e4856b82578634e6c1de72280ce8b60ce70c00c00000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-y-0-beyond-p-negative',
    'a key of order 4, its y not below p, the other sign',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'edc876d6831fd2105d0b4389ca2e283166469289146e2ce06faefe98b22548df0500000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-y-minus-1-negative',
    'a key of order 2, with the sign of a negative x',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'c0f1225584444ec730446e231390781ffdd2f256e9fcbeb2f40dddc2c2233d7f0900000000000000000000000000000000000000000000000000000000000000',
  ),
  refused(
    'small-order-r',
    'R is the neutral element: the signature tells the secret',
    'ce0835d5eef35d3d7194904428ab19ee30b76afce559883b3b3542994e42af45',
    '0100000000000000000000000000000000000000000000000000000000000000bf82f721ffddcab104aa419d9bc8de9e29ab340cd1e14236b87ad40afb2f2e0e',
  ),
  refused(
    'small-order-r-mixed-key',
    'R is a point of small order that cancels out the torsion of the key',
    '03917074b330185961c29e1823c12c599d345135c9dc06027a9985987301f021',
    '0000000000000000000000000000000000000000000000000000000000000080dfc61079fa695f08ff060665c63031c2096d527f50b149dab1dab072f9140d07',
  ),
  refused(
    's-beyond-order',
    'S is not below L',
    'ce0835d5eef35d3d7194904428ab19ee30b76afce559883b3b3542994e42af45',
    '5866666666666666666666666666666666666666666666666666666666666666e1983a9f14b15a4e4d6cac18ac2140168a2e19bfc8ba88acd919de8d55e58819',
  ),
  refused(
    'another-object',
    'the signature of another object',
    'ce0835d5eef35d3d7194904428ab19ee30b76afce559883b3b3542994e42af45',
    '58666666666666666666666666666666666666666666666666666666666666663ecf617ba18cbb7033619ab5dd5501c0915ea560f442a060524c60ccfc09700e',
  ),
]
