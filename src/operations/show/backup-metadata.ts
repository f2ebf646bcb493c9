// A snapshot in the terms of the BackupMetadata and BackupFile of other systems. `encryptionKey` names a key and never is one.

import { toHex } from '../../../format/bytes.ts'
import { decodeManifestHeader, MANIFEST_HEADER_BYTES, type Manifest } from '../../../format/manifest.ts'
import { manifestKey } from '../../../format/store-key.ts'
import { encodeStream } from '../../../format/stream.ts'
import { CLASS_CONFIG, CLASS_DATABASE, CLASS_LOGS, ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import { IntegrityError } from '../../errors.ts'
import { contentId } from '../../repository/crypto/chunk-id.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { SnapshotRecord } from '../../repository/journal/state.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import { isoTime } from '../../runtime/clock.ts'
import { walkBelow } from '../snapshot-tree.ts'

export interface BackupMetadata {
  /** The backup id, a UUID in hexadecimal. */
  readonly id: string
  readonly timestamp: string
  /** `full` for the first of a series. Every snapshot restores on its own, whatever this says. */
  readonly type: 'full' | 'incremental'
  readonly version: string
  readonly size: number
  /** `content:` and the content id: equal content, equal checksum. */
  readonly checksum: string
  /** The sealing key's epoch and fingerprint. */
  readonly encryptionKey: string
  /** `partial` when some entries could not be captured. */
  readonly status: 'completed' | 'partial'
  readonly duration: number
}

export interface BackupFile {
  readonly path: Buffer
  readonly type: 'database' | 'files' | 'config' | 'logs'
  readonly size: number
  readonly checksum: string
  /** Whether a block that holds some of it became smaller. */
  readonly compressed: boolean
  readonly encrypted: true
}

const CLASS_NAMES = { [CLASS_DATABASE]: 'database', [CLASS_CONFIG]: 'config', [CLASS_LOGS]: 'logs' } as const
/** Frame header and authentication tag of a sealed block. SPEC §4.7, §6.1 */
const BLOCK_OVERHEAD_BYTES = 24

/** The record of a snapshot without its files. */
export async function backupMetadata(repository: Repository, snapshot: SnapshotRecord, manifest: Manifest): Promise<BackupMetadata> {
  const uuid = toHex(manifest.backupId).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return {
    id: uuid,
    timestamp: isoTime(manifest.createdAt),
    type: manifest.parents.length === 0 ? 'full' : 'incremental',
    version: manifest.toolVersion,
    size: manifest.statistics.bytes,
    checksum: `content:${toHex(manifest.contentId)}`,
    encryptionKey: await sealingKeyId(repository, snapshot),
    status: manifest.complete ? 'completed' : 'partial',
    duration: manifest.durationMs,
  }
}

/** The files of a snapshot, in order of paths. */
export async function* backupFiles(repository: Repository, root: Entry, signal?: AbortSignal): AsyncGenerator<BackupFile> {
  const index = await repository.index()
  for await (const { path, entry } of walkBelow(repository, { path: Buffer.alloc(0), entry: root })) {
    signal?.throwIfAborted()
    if (entry.type !== ENTRY_FILE) continue
    yield {
      path,
      type: entry.fileClass === undefined ? 'files' : CLASS_NAMES[entry.fileClass],
      size: entry.content!.size,
      checksum: `content:${toHex(contentId(encodeStream(entry.content!)))}`,
      compressed: await isCompressed(repository, index, entry),
      encrypted: true,
    }
  }
}

async function sealingKeyId(repository: Repository, { manifest }: SnapshotRecord): Promise<string> {
  const key = manifestKey(manifest)
  const header = await repository.store.get(key, { maxBytes: MANIFEST_HEADER_BYTES, range: { offset: 0, length: MANIFEST_HEADER_BYTES } })
  if (header === undefined)
    throw new IntegrityError('manifest-missing', `The manifest ${key} is missing from the store.`, { fields: { object: key } })
  const { epoch } = decodeManifestHeader(header)
  const sealing = repository.journal.state.sealing.find((each) => each.epoch === epoch)
  return `epoch-${epoch}:${sealing === undefined ? 'unknown' : toHex(sha256(sealing.key)).slice(0, 32)}`
}

async function isCompressed(repository: Repository, index: ChunkIndex, file: Entry): Promise<boolean> {
  for await (const { id } of repository.streamItems(file.content!)) {
    const block = id && index.find(id)[0]?.block
    if (block !== undefined && block.sealedBytes < block.rawBytes + BLOCK_OVERHEAD_BYTES) return true
  }
  return false
}
