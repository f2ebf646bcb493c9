// An arbitrary valid sample of each kind of record that the vectors name.

import { fc } from '@fast-check/vitest'
import type { RecordName } from '../../../format/vectors/codecs.ts'
import { anyCbor, bytes, id, plain, type Sample, seriesName, someBytes } from './basic.ts'
import { journalSamples } from './journal.ts'
import { keySamples } from './keys.ts'
import { objectSamples } from './objects.ts'
import { entries, entry, fileStream, list, rootDirectory } from './tree.ts'

const storeKey = fc.oneof(
  fc.constant({ kind: 'repository' }),
  fc.record({ kind: fc.constant('slot'), id: bytes(16) }),
  fc.record({ kind: fc.constant('journal'), sequence: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) }),
  fc.record({ kind: fc.constantFrom('checkpoint', 'manifest', 'segment'), id }),
  fc.record({ kind: fc.constant('pack'), packKind: fc.constantFrom(1, 2), id }),
  fc.record({ kind: fc.constant('lease'), operation: bytes(16), renewal: fc.nat(99_999_999) }),
)

const frame = fc.oneof(
  someBytes.map((payload) => ({ codec: 0, rawBytes: payload.length, payload })),
  fc.record({ codec: fc.constant(1), rawBytes: fc.nat(1024), payload: someBytes }),
)

const treeEntry: fc.Arbitrary<Sample> = fc.oneof(
  plain(entry),
  rootDirectory.map((value) => ({ value, context: { root: true } })),
)

export const samples: Readonly<Record<Exclude<RecordName, 'derivation' | 'signature'>, fc.Arbitrary<Sample>>> = {
  cbor: plain(anyCbor()),
  'store-key': plain(storeKey),
  'series-name': plain(seriesName),
  frame: plain(frame),
  stream: plain(fileStream),
  list,
  'tree-entry': treeEntry,
  'tree-chunk': plain(entries),
  ...objectSamples,
  ...journalSamples,
  ...keySamples,
}
