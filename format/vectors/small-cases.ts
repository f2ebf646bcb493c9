import { encodeIdentityFile } from '../identity-file.ts'
import { encodeRepositoryJson } from '../repository-json.ts'
import { features } from './fixtures.ts'
import { accept, type Context, fill, hex, type Json, reject, type Vector } from './vector.ts'

type JsonObject = Readonly<Record<string, Json>>

function changed(bytes: Uint8Array, change: Readonly<Record<string, Json | undefined>>): Buffer {
  const fields = JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonObject
  return Buffer.from(JSON.stringify({ ...fields, ...change }))
}

const hints = { version: 1 as const, repository: fill(32, 0xab), features }
const repository = encodeRepositoryJson(hints)

function badRepository(error: string, name: string, description: string, change: Readonly<Record<string, Json | undefined>>): Vector {
  return reject('repository-json', error, name, description, changed(repository, change))
}

const repositoryCases: readonly Vector[] = [
  accept('repository-json', 'plain', 'no features', hints),
  accept('repository-json', 'features', 'features of two kinds', {
    ...hints,
    features: { ...features, read: ['a', 'b'], delete: ['hold'] },
  }),
  reject('repository-json', 'repository-json-utf8', 'utf8', 'bytes that are not UTF-8', hex('7b ff 7d')),
  reject('repository-json', 'repository-json-json', 'json', 'text that is not JSON', repository.subarray(0, -3)),
  reject('repository-json', 'repository-json-json', 'bom', 'a byte order mark', Buffer.concat([hex('ef bb bf'), repository])),
  reject('repository-json', 'repository-json-bytes', 'no-line-feed', 'no line feed at the end', repository.subarray(0, -1)),
  reject('repository-json', 'repository-json-bytes', 'two-line-feeds', 'two line feeds at the end', Buffer.concat([repository, hex('0a')])),
  reject('repository-json', 'repository-json-form', 'array', 'an array', Buffer.from('[]')),
  reject('repository-json', 'repository-json-form', 'null', 'null', Buffer.from('null')),
  badRepository('repository-json-magic', 'magic', 'another magic', { magic: 'borg' }),
  badRepository('repository-json-magic', 'no-magic', 'no magic', { magic: undefined }),
  badRepository('repository-json-version', 'version', 'version 2', { version: 2 }),
  badRepository('repository-json-version', 'version-fraction', 'version 1.5', { version: 1.5 }),
  badRepository('hex-length', 'repository', 'a repository id of 62 digits', { repository: 'ab'.repeat(31) }),
  badRepository('hex-digit', 'upper-case', 'a repository id in upper case', { repository: 'AB'.repeat(32) }),
  badRepository('repository-json-repository', 'repository-number', 'a repository id that is a number', { repository: 7 }),
  badRepository('repository-json-unknown-key', 'unknown-key', 'a key that no field has', { name: 'home' }),
  badRepository('repository-json-missing-key', 'no-features', 'no features', { features: undefined }),
  badRepository('features-missing-key', 'features-missing', 'no list for delete', { features: { read: [], write: [], check: [] } }),
  badRepository('features-name', 'features-name', 'a feature of 33 characters', { features: { ...features, read: ['f'.repeat(33)] } }),
  badRepository('features-order', 'features-order', 'features that descend', { features: { ...features, read: ['b', 'a'] } }),
]

const identity = {
  repository: fill(32, 1),
  member: fill(32, 2),
  slot: fill(16, 3),
  label: 'alice on laptop',
  signingSeed: fill(32, 4),
  unlockSeed: fill(32, 5),
}
const file = Buffer.from(encodeIdentityFile(identity))

function badIdentity(error: string, name: string, description: string, change: Readonly<Record<string, Json | undefined>>): Vector {
  return reject('identity-file', error, name, description, changed(file, change))
}

const identityCases: readonly Vector[] = [
  accept('identity-file', 'plain', 'an identity', identity),
  reject('identity-file', 'identity-json', 'json', 'half a file', file.subarray(0, 100)),
  badIdentity('identity-cairn', 'kind', 'another kind of file', { cairn: 'pin' }),
  badIdentity('identity-version', 'version', 'version 2', { version: 2 }),
  badIdentity('identity-missing-key', 'missing-key', 'no slot', { slot: undefined }),
  badIdentity('identity-unknown-key', 'unknown-key', 'a key that no field has', { passphrase: '' }),
  badIdentity('hex-length', 'seed-length', 'a seed of 31 bytes', { signingSeed: '04'.repeat(31) }),
  badIdentity('hex-digit', 'seed-digit', 'a seed with a letter that is no digit', { unlockSeed: `${'05'.repeat(31)}0g` }),
  badIdentity('identity-label', 'label', 'a label that is a number', { label: 7 }),
]

const frameCases: readonly Vector[] = [
  accept('frame', 'stored', 'three bytes as they are', { codec: 0, rawBytes: 3, payload: hex('010203') }),
  accept('frame', 'zstd', 'a zstd frame, which is not decoded here', { codec: 1, rawBytes: 1024, payload: hex('28b52ffd') }),
  reject('frame', 'frame-truncated', 'truncated', 'seven bytes', fill(7, 0)),
  reject('frame', 'frame-codec', 'codec', 'codec 2', hex('02 000000 00000000')),
  reject('frame', 'frame-reserved', 'reserved', 'a reserved byte that is not zero', hex('00 000100 00000000')),
  reject('frame', 'frame-too-large', 'too-large', 'more raw bytes than the place allows', hex('01 000000 00000401 28b52ffd')),
  reject('frame', 'frame-length', 'short', 'stored bytes that are too few', hex('00 000000 00000002 01')),
  reject('frame', 'frame-length', 'long', 'stored bytes that are too many', hex('00 000000 00000001 0102')),
]

const ID = '11'.repeat(32)

function derivation(name: string, description: string, call: Context): Vector {
  return accept('derivation', name, description, call, call)
}

const derivationCases: readonly Vector[] = [
  ['domain', 'a domain string', { name: 'write-keys' }] as const,
  ['u96', 'the nonce of number 258', { i: 258 }] as const,
  [
    'keysCommitmentInput',
    'the four write keys',
    { id: '01'.repeat(32), gear: '02'.repeat(32), index: '03'.repeat(32), journal: '04'.repeat(32) },
  ] as const,
  ['memberIdInput', 'an Ed25519 public key', { publicKey: ID }] as const,
  ['chunkIdInput', 'a list chunk', { kind: 3, sha256: ID }] as const,
  ['contentIdInput', 'an empty root', { streamCbor: '83000080' }] as const,
  ['seriesTagInput', 'a series', { name: 'storage' }] as const,
  ['packKeyInfo', 'the block key of a tree pack', { purpose: 'block', kind: 2, epoch: 1 }] as const,
  ['manifestKeyInfo', 'the commitment of a manifest', { purpose: 'commitment', epoch: 1 }] as const,
  ['slotKekInfo', 'a slot', { slotId: '0f'.repeat(16) }] as const,
  ['blockAd', 'block 7 of a data pack', { repository: ID, kind: 1, i: 7 }] as const,
  ['directoryAd', 'the directory of a tree pack', { repository: ID, kind: 2 }] as const,
  ['footerAd', 'the footer of a data pack', { repository: ID, kind: 1 }] as const,
  ['manifestAd', 'a header', { header112: '22'.repeat(112) }] as const,
  ['segmentAd', 'a header', { header112: '22'.repeat(112) }] as const,
  ['checkpointAd', 'a header', { header80: '22'.repeat(80) }] as const,
  ['journalDetailsAd', 'an entry with sealed empty', { entryWithEmptySealed: 'a0' }] as const,
  ['slotAd', 'a slot without wrapped', { slotWithoutWrapped: 'a0' }] as const,
  ['attestedPackInput', 'a body', { segmentBody: '00'.repeat(16) }] as const,
  ['voidLinkInput', 'a void slot', { previousLink: ID, slotHash: '22'.repeat(32) }] as const,
  ['recoveryCodeInput', 'a payload', { payload29: '01'.repeat(29) }] as const,
  ['signatureInput', 'a manifest', { kind: 'manifest', repository: ID, signer: '22'.repeat(32), hash: '33'.repeat(32) }] as const,
].map(([name, description, values]) => derivation(name, description, { function: name, ...values }))

const padmeCases = [0, 1, 2, 9, 1000, 1_048_577, 33_554_433, 2 ** 40 + 1].map((size) =>
  derivation(`padme-${size}`, `the Padmé size of ${size}, as u64`, { function: 'padme', size }),
)

/** JSON files, frames, derivation inputs and Padmé sizes. SPEC §4, §5.1, §6.3 */
export const smallCases: readonly Vector[] = [...repositoryCases, ...identityCases, ...frameCases, ...derivationCases, ...padmeCases]
