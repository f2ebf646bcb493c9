import type { CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor.ts'
import { encodeManifest, encodeManifestHeader } from '../manifest.ts'
import { manifest } from './fixtures.ts'
import { accept, edit, fill, patch, reject, type Vector } from './vector.ts'

const fields = {
  epoch: 1,
  repository: fill(32, 0x11),
  signer: fill(32, 0x22),
  commitment: fill(32, 0x33),
  ciphertext: fill(1120, 0x44),
}
const header = encodeManifestHeader(fields)
const body = encodeManifest(manifest)
const problem = { path: Buffer.from('a'), kind: 'vanished' as const, message: 'gone' }
const partial = encodeManifest({ ...manifest, complete: false, problems: [problem], problemCount: 1 })

function bad(error: string, name: string, description: string, path: readonly (string | number)[], value: CborValue | undefined): Vector {
  return reject('manifest', error, name, description, edit(body, path, value))
}

/** Header and body of manifests. SPEC §6.5 */
export const manifestCases: readonly Vector[] = [
  accept('manifest-header', 'plain', 'a header', fields),
  reject('manifest-header', 'manifest-truncated', 'truncated', 'a header of 1,231 bytes', header.subarray(0, -1)),
  reject('manifest-header', 'manifest-magic', 'magic', 'a magic in lower case', patch(header, 0, 0x63)),
  reject('manifest-header', 'manifest-version', 'version', 'version 2', patch(header, 8, 2)),
  reject('manifest-header', 'manifest-reserved', 'reserved', 'a reserved byte that is not zero', patch(header, 9, 1)),
  accept('manifest', 'plain', 'a complete snapshot', manifest),
  accept('manifest', 'partial', 'a snapshot with problems, parents and extensions', {
    ...manifest,
    parents: [fill(32, 9), fill(32, 8)],
    actor: '',
    tags: { __proto__x: 'a', constructor: 'b' },
    complete: false,
    problems: [problem],
    problemCount: 1001,
    extensions: { vendor: { list: [1, -1, null, true] } },
  }),
  bad('manifest-version', 'format', 'format 2', ['format'], 2),
  bad('manifest-missing-key', 'missing-key', 'no host', ['host'], undefined),
  bad('manifest-unknown-key', 'unknown-key', 'a key that no field has', ['color'], 'red'),
  reject('manifest', 'manifest-form', 'no-map', 'an array', encodeCbor([])),
  reject('manifest', 'cbor-trailing', 'trailing', 'a byte behind the body', Buffer.concat([body, fill(1, 0)])),
  bad('manifest-backup-id', 'backup-id', 'a backup id of 15 bytes', ['backupId'], fill(15, 1)),
  bad('manifest-content-id', 'content-id', 'a content id that is a text', ['contentId'], '02'.repeat(32)),
  bad('series-name', 'series', 'a series with two dots', ['series'], 'a..b'),
  bad('manifest-parents', 'parents', 'a parent of 31 bytes', ['parents'], [fill(31, 1)]),
  bad('manifest-created-at', 'created-at', 'a time that is a text', ['createdAt'], '2026-01-01'),
  bad('manifest-duration-ms', 'duration', 'a negative duration', ['durationMs'], -1),
  bad('manifest-actor', 'actor', 'an actor of an unknown kind', ['actor'], 'robot:r2'),
  bad('manifest-actor', 'actor-name', 'an actor without a name', ['actor'], 'person:'),
  bad('manifest-description', 'description', 'a description that is null', ['description'], null),
  bad('manifest-tags', 'tag-value', 'a tag that is a number', ['tags'], { a: 1 }),
  bad('manifest-tag-key', 'tag-key', 'a tag whose key has a space', ['tags'], { 'a b': 'c' }),
  bad('manifest-tag-key', 'tag-key-long', 'a tag whose key has 65 characters', ['tags'], { ['k'.repeat(65)]: 'c' }),
  bad('manifest-tags', 'tags-many', '65 tags', ['tags'], Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, '']))),
  bad('manifest-roots', 'no-roots', 'no roots', ['roots'], []),
  bad('manifest-root-missing-key', 'root-path', 'a root without its path', ['roots', 0, 'path'], undefined),
  bad('manifest-root-unknown-key', 'root-key', 'a root with a key that no field has', ['roots', 0, 'mode'], 0),
  bad('entry-root', 'root-file', 'a root of type file', ['root', 2], 1),
  bad('entry-name', 'root-name', 'a root with a name', ['root', 1], Buffer.from('a')),
  bad('manifest-excludes', 'excludes', 'an exclude that is a number', ['excludes'], [1]),
  bad('statistics-missing-key', 'statistics', 'statistics without files', ['statistics', 'files'], undefined),
  bad('statistics-bytes', 'statistics-negative', 'negative bytes', ['statistics', 'bytes'], -5),
  bad('statistics-classes-unknown-key', 'classes', 'a class that does not exist', ['statistics', 'classes', 'music'], [0, 0]),
  bad('statistics-counts', 'counts', 'three counts', ['statistics', 'classes', 'logs'], [0, 0, 0]),
  bad('manifest-complete', 'complete-type', 'complete is a number', ['complete'], 1),
  bad('manifest-complete', 'incomplete', 'not complete, but without problems', ['complete'], false),
  bad('manifest-complete', 'complete-problems', 'complete, but with a problem', ['problemCount'], 1),
  reject(
    'manifest',
    'manifest-problem-count',
    'problem-count',
    'more problems than it counts',
    edit(partial, ['problems'], [problem, problem]),
  ),
  reject(
    'manifest',
    'manifest-problem-kind',
    'problem-kind',
    'a problem of an unknown kind',
    edit(partial, ['problems', 0, 'kind'], 'odd'),
  ),
  bad('manifest-extensions', 'extensions', 'extensions that are a list', ['extensions'], []),
]
