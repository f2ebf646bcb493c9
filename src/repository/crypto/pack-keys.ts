// The keys of one pack: a fresh secret sealed to the repository's sealing key, from which block and directory key come (SPEC §4.4, §6.1).

import type { Id } from '../../../format/bytes.ts'
import { packKeyInfo } from '../../../format/derivations.ts'
import { decodePackHeader, encodePackHeader, type PackKind } from '../../../format/pack.ts'
import { IntegrityError } from '../../errors.ts'
import { equalSecret, hkdf } from './hash.ts'
import { checkRepository, type ReadKeys, readKeyOf } from './keyset.ts'
import type { EncapsulationKey } from './x-wing.ts'

interface DerivedKeys {
  readonly blockKey: Buffer
  readonly directoryKey: Buffer
  readonly commitment: Buffer
}

export interface SealedPackKeys {
  /** The pack's first 1,200 bytes. */
  readonly header: Buffer
  readonly blockKey: Buffer
  readonly directoryKey: Buffer
}

export interface OpenedPackKeys {
  readonly blockKey: Buffer
  readonly directoryKey: Buffer
  readonly epoch: number
}

/** Fresh keys for one attempt to write one pack; an attempt that failed never uses its keys again. SPEC §4.4 */
export function sealPackKeys(sealing: EncapsulationKey, epoch: number, repository: Id, kind: PackKind): SealedPackKeys {
  const { ciphertext, secret } = sealing.encapsulate()
  const { blockKey, directoryKey, commitment } = derive(secret, repository, kind, epoch)
  return { header: encodePackHeader({ kind, epoch, repository, commitment, ciphertext }), blockKey, directoryKey }
}

/**
 * The keys of a pack from its header, which must be of this repository and kind. SPEC §9.3.2, §9.3.3
 * @throws {FormatError} `pack-*` when the bytes are no header.
 * @throws {IntegrityError} `pack-repository`, `pack-kind`, `pack-epoch`, or `pack-commitment` when another key made it or a byte changed.
 * @throws {KeyError} `no-read-key` when no read key is held.
 */
export function openPackKeys(
  header: Uint8Array,
  readKeys: ReadKeys | undefined,
  expected: { readonly repository: Id; readonly kind: PackKind },
): OpenedPackKeys {
  const { kind, epoch, repository, commitment, ciphertext } = decodePackHeader(header)
  checkRepository(repository, expected.repository, 'pack')
  if (kind !== expected.kind) throw new IntegrityError('pack-kind', `A pack of kind ${kind} where one of kind ${expected.kind} belongs.`)
  const secret = readKeyOf(readKeys, epoch, 'pack').decapsulate(ciphertext)
  const keys = derive(secret, repository, kind, epoch)
  if (!equalSecret(keys.commitment, commitment)) {
    throw new IntegrityError('pack-commitment', "A pack's header does not fit its key: it was changed, or sealed for another key.")
  }
  return { blockKey: keys.blockKey, directoryKey: keys.directoryKey, epoch }
}

function derive(secret: Buffer, repository: Id, kind: PackKind, epoch: number): DerivedKeys {
  const key = (purpose: 'block' | 'directory' | 'commitment'): Buffer => hkdf(secret, repository, packKeyInfo(purpose, kind, epoch))
  return { blockKey: key('block'), directoryKey: key('directory'), commitment: key('commitment') }
}
