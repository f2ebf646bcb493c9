// Packs, index segments and manifests.

import { fc } from '@fast-check/vitest'
import { anyCbor, bytes, characters, id, int, plain, record, type Sample, seriesName, someBytes, text, total, u32, uint } from './basic.ts'
import { rootDirectory } from './tree.ts'

const lengths = fc.array(fc.integer({ min: 1, max: 4 << 20 }), { minLength: 1, maxLength: 4 })
const blockLengths = fc.array(fc.tuple(fc.integer({ min: 25, max: 2 ** 20 }), lengths), { minLength: 1, maxLength: 4 })

const directory = fc.tuple(fc.boolean(), blockLengths, fc.nat(255)).map(([data, blocks, seed]) =>
  blocks.map(([sealedBytes, chunks], b) => ({
    sealedBytes,
    rawBytes: total(chunks),
    chunks: chunks.map((length, i) => ({ kind: data ? 1 : 2 + (i % 2), length, id: new Uint8Array(32).fill(seed + b * 5 + i) })),
  })),
)

const segmentPack = fc
  .record({ id, kind: fc.constantFrom(1, 2), blocks: blockLengths, spare: fc.nat(2 ** 20), seed: fc.nat(255) })
  .map((pack) => {
    const all = pack.blocks.flatMap(([, chunks]) => chunks)
    return {
      id: pack.id,
      kind: pack.kind,
      packBytes: 1200 + 49 + total(pack.blocks.map(([sealed]) => sealed)) + pack.spare,
      blocks: pack.blocks.map(([sealedBytes, chunks]) => ({ sealedBytes, rawBytes: total(chunks), chunkCount: chunks.length })),
      lengths: Uint32Array.from(all),
      shortIds: new Uint8Array(all.length * 16).fill(pack.seed),
    }
  })

const counts = fc.record({ files: uint, bytes: uint })
const statistics = fc.record({
  files: uint,
  directories: uint,
  symlinks: uint,
  others: uint,
  bytes: uint,
  newBytes: uint,
  storedBytes: uint,
  newFiles: uint,
  changedFiles: uint,
  classes: fc.record({ database: counts, files: counts, config: counts, logs: counts }),
})
const actor = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('person', 'agent', 'schedule'), text).map(([kind, name]) => `${kind}:${name}x`),
)
const problem = fc.record({
  path: someBytes,
  kind: fc.constantFrom('changed', 'vanished', 'unreadable', 'unsupported', 'metadata'),
  message: text,
})
const tagKey = fc.string({ unit: characters('aZ9._-'), minLength: 1, maxLength: 64 })
const manifestFields = {
  backupId: bytes(16),
  contentId: id,
  series: seriesName,
  parents: fc.array(id, { maxLength: 3 }),
  createdAt: int,
  durationMs: uint,
  createdBy: text,
  actor,
  source: text,
  description: text,
  requestId: text,
  environment: text,
  host: text,
  toolVersion: text,
  applicationVersion: text,
  storageSpecVersion: text,
  tags: fc.dictionary(tagKey, text, { maxKeys: 3 }),
  roots: fc.array(fc.record({ path: someBytes, at: someBytes }), { minLength: 1, maxLength: 3 }),
  root: rootDirectory,
  excludes: fc.array(text, { maxLength: 3 }),
  statistics,
}
const manifest = fc
  .tuple(fc.record(manifestFields), fc.array(problem, { maxLength: 3 }), fc.nat(5), fc.option(record(anyCbor(2)), { nil: undefined }))
  .map(([fields, problems, unlisted, extensions]) => ({
    ...fields,
    problems,
    problemCount: problems.length + unlisted,
    complete: problems.length + unlisted === 0,
    ...(extensions === undefined ? {} : { extensions }),
  }))

const ciphertext = bytes(1120)
const footer = fc
  .record({ directoryOffset: fc.integer({ min: 1225, max: 2 ** 27 }), directoryBytes: fc.integer({ min: 25, max: 2 ** 27 - 24 }) })
  .map((value): Sample => ({ value, context: { packBytes: 2 ** 28 } }))

export const objectSamples = {
  'pack-header': plain(fc.record({ kind: fc.constantFrom(1, 2), epoch: u32, repository: id, commitment: id, ciphertext })),
  directory: plain(directory),
  footer,
  'segment-header': plain(fc.record({ repository: id, signer: id, salt: id })),
  'segment-body': plain(fc.record({ superseded: fc.array(id, { maxLength: 3 }), packs: fc.array(segmentPack, { maxLength: 3 }) })),
  'manifest-header': plain(fc.record({ epoch: u32, repository: id, signer: id, commitment: id, ciphertext })),
  manifest: plain(manifest),
}
