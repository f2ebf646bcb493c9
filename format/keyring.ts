import type { Id } from './bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import type { WriteKeys } from './derivations.ts'
import { FormatError } from './format-error.ts'
import { asArray, asBytes, asUint, RecordReader } from './record-reader.ts'

export interface ReadSeed {
  readonly epoch: number
  /** X-Wing seed, 32 bytes. */
  readonly seed: Uint8Array
}

/** The keys that one slot unlocks. SPEC §5.2 */
export interface Keyring {
  readonly repository: Id
  readonly label: string
  readonly write: WriteKeys
  /** By ascending epoch; absent for a writer. */
  readonly read?: readonly ReadSeed[]
  /** Ed25519 seed, 32 bytes: in passphrase and recovery slots, that of their own member. */
  readonly signing?: Uint8Array
}

/** The plaintext of a slot. SPEC §5.2 */
export function encodeKeyring(keyring: Keyring): Buffer {
  const { repository, label, write, read, signing } = keyring
  return encodeCbor({
    repository,
    label,
    write: { id: write.id, gear: write.gear, index: write.index, journal: write.journal },
    ...(read === undefined ? {} : { read: read.map(({ epoch, seed }) => [epoch, seed]) }),
    ...(signing === undefined ? {} : { signing }),
  })
}

/**
 * The keyring of exactly these bytes. No message names a key. SPEC §5.2
 * @throws {FormatError} `keyring-*` when it is none.
 */
export function decodeKeyring(bytes: Uint8Array): Keyring {
  const record = new RecordReader('keyring', decodeCbor(bytes, 'keyring'))
  const keyring: Keyring = {
    repository: record.bytes('repository', 32),
    label: record.text('label'),
    write: readWriteKeys(record.value('write')),
    ...(record.has('read') ? { read: readSeeds(record) } : {}),
    ...(record.has('signing') ? { signing: record.bytes('signing', 32) } : {}),
  }
  record.end()
  return keyring
}

function readWriteKeys(value: CborValue): WriteKeys {
  const record = new RecordReader('keyring-write', value)
  const keys = {
    id: record.bytes('id', 32),
    gear: record.bytes('gear', 32),
    index: record.bytes('index', 32),
    journal: record.bytes('journal', 32),
  }
  record.end()
  return keys
}

function readSeeds(record: RecordReader): ReadSeed[] {
  const seeds = record.array('read', readSeed, { min: 1 })
  seeds.forEach(({ epoch }, i) => {
    const previous = seeds[i - 1]
    if (previous !== undefined && previous.epoch >= epoch) {
      throw new FormatError('keyring-epoch-order', `the epoch ${epoch} does not come after ${previous.epoch}`)
    }
  })
  return seeds
}

function readSeed(value: CborValue, code: string, what: string): ReadSeed {
  const [epoch, seed, ...rest] = asArray(value, code, what)
  if (epoch === undefined || seed === undefined || rest.length > 0) throw new FormatError(code, `${what} is not an epoch and a seed`)
  return { epoch: asUint(epoch, code, what), seed: asBytes(seed, code, what, 32) }
}
