// Manifests in the store: named by the hash of what is stored, signed by who committed, read through the journal only. SPEC §6.5.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Manifest } from '../../../format/manifest.ts'
import { manifestKey } from '../../../format/store-key.ts'
import { IntegrityError } from '../../errors.ts'
import { sha256 } from '../crypto/hash.ts'
import type { ReadKeys } from '../crypto/keyset.ts'
import { type ManifestSealer, openManifest, sealManifest } from '../crypto/manifest-seal.ts'
import type { SignedContext } from '../crypto/signed-object.ts'
import type { SnapshotRecord } from '../journal/state.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { DAMAGE_HINT, damageAt, isDamage } from './damage.ts'

/** Seals, signs and stores a manifest; returns its id and size in bytes. */
export async function writeManifest(
  store: ObjectStore,
  manifest: Manifest,
  sealer: ManifestSealer,
): Promise<{ id: Buffer; storedBytes: number }> {
  const { id, bytes } = sealManifest(manifest, sealer)
  await store.put(manifestKey(id), bytes)
  return { id, storedBytes: bytes.length }
}

/**
 * Reads the manifest of a snapshot and checks that it is the one that the journal's entry means (SPEC §9.4.2).
 * @throws {IntegrityError} `manifest-missing`: the journal names it, so that is damage; when it is another, or not signed by who committed.
 */
export async function readManifest(
  store: ObjectStore,
  snapshot: SnapshotRecord,
  context: SignedContext & { readonly readKeys: ReadKeys | undefined },
): Promise<Manifest> {
  const key = manifestKey(snapshot.manifest)
  const object = await store.get(key, { maxBytes: LIMITS.manifestRawBytes + (1 << 20) })
  if (object === undefined) {
    throw new IntegrityError(
      'manifest-missing',
      `The manifest of snapshot ${toHex(snapshot.manifest).slice(0, 8)} is missing from the store.`,
      {
        hint: 'Its journal entry is there, so somebody or something removed it. Look for it in a copy of the repository.',
        fields: { object: key },
      },
    )
  }
  if (!equalBytes(sha256(object), snapshot.manifest)) throw mismatch(key, 'its bytes are not those that its name says')
  const { manifest, signer } = opened(object, key, context)
  if (!equalBytes(signer, snapshot.member)) throw mismatch(key, 'it is signed by another member than the one who committed it')
  if (manifest.series !== snapshot.details.series) throw mismatch(key, 'it belongs to another series')
  if (!equalBytes(manifest.backupId, snapshot.details.backupId)) throw mismatch(key, 'its backup id is not that of the journal')
  return manifest
}

function opened(object: Buffer, key: string, context: Parameters<typeof openManifest>[1]): ReturnType<typeof openManifest> {
  try {
    return openManifest(object, context)
  } catch (error) {
    throw isDamage(error) ? damageAt(error, key, { object: key }) : error
  }
}

function mismatch(key: string, what: string): IntegrityError {
  return new IntegrityError('manifest-mismatch', `The manifest ${key} is not the one that was committed: ${what}.`, {
    hint: DAMAGE_HINT,
    fields: { object: key },
  })
}
