// A manifest (SPEC §6.5): the signed record of one snapshot. The header is in the clear, the body is sealed.

import type { Id } from './bytes.ts'
import { type CborRecord, type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { LONG, readManifestTags, SHORT } from './manifest-texts.ts'
import { checkSeriesName, isActor, isManifestTagKey } from './names.ts'
import { asId, asRecord, asText, RecordReader } from './record-reader.ts'
import { type Statistics, statisticsFromCbor, statisticsToCbor } from './statistics.ts'
import { type Entry, entryFromCbor, entryToCbor } from './tree.ts'

export {
  decodeManifestHeader,
  encodeManifestHeader,
  MANIFEST_AD_BYTES,
  MANIFEST_HEADER_BYTES,
} from './manifest-header.ts'
export type { Statistics } from './statistics.ts'

export const PROBLEM_KINDS = ['changed', 'vanished', 'unreadable', 'unsupported', 'metadata'] as const

export interface ManifestProblem {
  readonly path: Uint8Array
  readonly kind: (typeof PROBLEM_KINDS)[number]
  readonly message: string
}

export interface ManifestRoot {
  /** Where it was captured. */
  readonly path: Uint8Array
  /** Where it stands in the tree. */
  readonly at: Uint8Array
}

/** The record of one snapshot; texts that are not known are empty. SPEC §6.5 */
export interface Manifest {
  /** 16 bytes. */
  readonly backupId: Uint8Array
  readonly contentId: Id
  readonly series: string
  readonly parents: readonly Id[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly durationMs: number
  readonly createdBy: string
  /** `person:NAME`, `agent:NAME`, `schedule:NAME`, or empty. */
  readonly actor: string
  readonly source: string
  readonly description: string
  readonly requestId: string
  readonly environment: string
  readonly host: string
  readonly toolVersion: string
  readonly applicationVersion: string
  readonly storageSpecVersion: string
  readonly tags: Readonly<Record<string, string>>
  readonly roots: readonly ManifestRoot[]
  /** A directory with an empty name. */
  readonly root: Entry
  readonly excludes: readonly string[]
  readonly statistics: Statistics
  /** Whether every entry was captured: exactly when problemCount is 0. */
  readonly complete: boolean
  /** At most 1,000. */
  readonly problems: readonly ManifestProblem[]
  readonly problemCount: number
  readonly extensions?: CborRecord
}

/**
 * The raw body of a manifest. SPEC §6.5
 * @throws {FormatError} when the manifest breaks a rule, so that nothing is stored that nobody may read.
 */
export function encodeManifest(manifest: Manifest): Buffer {
  const { root, roots, problems, statistics, extensions, ...rest } = manifest
  const body = encodeCbor({
    ...rest,
    format: 1,
    root: entryToCbor(root, { root: true }),
    roots: roots.map(({ path, at }) => ({ path, at })),
    problems: problems.map(({ path, kind, message }) => ({ path, kind, message })),
    statistics: statisticsToCbor(statistics),
    ...(extensions === undefined ? {} : { extensions }),
  })
  decodeManifest(body)
  return body
}

/**
 * The manifest of a raw body. SPEC §6.5
 * @throws {FormatError} `manifest-*`, or what its root throws.
 */
export function decodeManifest(body: Uint8Array): Manifest {
  if (body.length > LIMITS.manifestRawBytes) throw new FormatError('manifest-too-large', `a manifest of ${body.length} raw bytes`)
  const record = new RecordReader('manifest', decodeCbor(body, 'manifest'))
  record.version('format', 1)
  const manifest: Manifest = {
    backupId: record.bytes('backupId', 16),
    contentId: record.bytes('contentId', 32),
    series: checkSeriesName(record.text('series')),
    parents: record.array('parents', asId),
    createdAt: record.int('createdAt'),
    durationMs: record.uint('durationMs'),
    createdBy: record.text('createdBy', SHORT),
    actor: record.text('actor', SHORT),
    source: record.text('source', SHORT),
    description: record.text('description', LONG),
    requestId: record.text('requestId', SHORT),
    environment: record.text('environment', SHORT),
    host: record.text('host', SHORT),
    toolVersion: record.text('toolVersion', SHORT),
    applicationVersion: record.text('applicationVersion', SHORT),
    storageSpecVersion: record.text('storageSpecVersion', SHORT),
    tags: readManifestTags(record),
    roots: record.array('roots', readRoot, { min: 1 }),
    root: entryFromCbor(record.value('root'), { root: true }),
    excludes: record.array('excludes', asText),
    statistics: statisticsFromCbor(record.value('statistics')),
    complete: record.bool('complete'),
    problems: record.array('problems', readProblem, { max: LIMITS.manifestProblems }),
    problemCount: record.uint('problemCount'),
    ...(record.has('extensions') ? { extensions: asRecord(record.value('extensions'), 'manifest-extensions', 'extensions') } : {}),
  }
  record.end()
  checkManifest(manifest)
  return manifest
}

function checkManifest(manifest: Manifest): void {
  const { actor, complete, problemCount, problems } = manifest
  if (actor !== '' && !isActor(actor))
    throw new FormatError('manifest-actor', `the actor ${JSON.stringify(actor.slice(0, 64))} has no known kind`)
  for (const key of Object.keys(manifest.tags)) {
    if (!isManifestTagKey(key)) throw new FormatError('manifest-tag-key', `the tag key ${JSON.stringify(key.slice(0, 80))} is not allowed`)
  }
  if (problemCount < problems.length) {
    throw new FormatError('manifest-problem-count', `${problems.length} problems, but a problemCount of ${problemCount}`)
  }
  if (complete !== (problemCount === 0)) {
    throw new FormatError('manifest-complete', `a manifest with ${problemCount} problems says that it is ${complete ? '' : 'not '}complete`)
  }
}

function readRoot(value: CborValue): ManifestRoot {
  const record = new RecordReader('manifest-root', value)
  const root = { path: record.bytes('path'), at: record.bytes('at') }
  record.end()
  return root
}

function readProblem(value: CborValue): ManifestProblem {
  const record = new RecordReader('manifest-problem', value)
  const problem = { path: record.bytes('path'), kind: record.oneOf('kind', PROBLEM_KINDS), message: record.text('message') }
  record.end()
  return problem
}
