// Exchanges what is in a directory that has to stay itself, as a mount point has: old entries out, new ones in, one by one. Not atomic.
// The marker says which way a run that was killed has to be brought to its end (stale-contents.ts): while old entries move out, back;
// once all are out, on. An error in between is undone here, in reverse order. SPEC §9.5.10

import { closeSync, fchmodSync, fsyncSync } from 'node:fs'
import { StopError, StoreError } from '../errors.ts'
import { assertPermit, type Permit } from '../runtime/permit.ts'
import { readNames } from '../runtime/posix/directory.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { copyMetadata, type MovedMetadata, movedMetadata } from './directory-metadata.ts'
import { moveEntry } from './move-entry.ts'
import { makeOldDirectory, type OldDirectory, type OpenTarget, oldEntries, removeOldDirectory } from './old-entries.ts'
import { entryFailure } from './problem.ts'
import type { StagingDirectory } from './staging-directory.ts'
import { notEmpty } from './target-state.ts'

const OWNER_ALL = 0o700

/** Code of the error after which the target is neither the old one nor the new one. */
export const HALF_REPLACED = 'half-replaced'

export interface Exchange {
  readonly target: OpenTarget
  /** Of the target, before the staging directory was made in it. */
  readonly before: MovedMetadata
  readonly staging: StagingDirectory
  /** For a target that holds something: must cover its absolute path. */
  readonly permit: Permit | undefined
}

/**
 * Exchanges a target's entries for those of a complete, durable tree. The name of the directory in it that keeps the old ones;
 * undefined when there were none.
 * @throws {StopError} `target-not-empty`, `target-tampered`, `mount-point`; {AccessError} `no-permit`; {StoreError} `target-access` and
 * those of a full or broken disk: all that was moved was moved back; {StoreError} `half-replaced` when that could not be done
 */
export function exchangeContents(exchange: Exchange): string | undefined {
  const { target, staging, permit } = exchange
  const names = oldEntries(target, staging.name, staging.treeFd)
  if (names.length > 0) {
    if (permit === undefined) throw notEmpty(target)
    assertPermit(permit, target.path)
  }
  const old = names.length === 0 ? undefined : makeOldDirectory(target, staging.treeFd)
  try {
    moveAll(exchange, names, old)
    return old?.name
  } finally {
    if (old !== undefined) closeSync(old.fd)
  }
}

function moveAll(exchange: Exchange, names: readonly Buffer[], old: OldDirectory | undefined): void {
  const { target, staging } = exchange
  const moved: Buffer[] = []
  try {
    announceMovingOut(exchange, old)
    if (old !== undefined) moveOut(exchange, names, old)
    staging.announce({ state: 'moving-in' })
    lendTree(staging.treeFd)
    for (const name of readNames(staging.treeFd)) {
      moveEntry(staging.treeFd, name, target.fd)
      moved.push(name)
    }
  } catch (cause) {
    undone(exchange, moved, old, cause)
    throw failed(target, cause)
  }
}

function announceMovingOut({ staging }: Exchange, old: OldDirectory | undefined): void {
  const kept = old && { oldName: old.name, old: old.identity }
  staging.announce({ state: 'moving-out', root: movedMetadata(staging.treeFd), ...kept })
}

function moveOut({ target, before }: Exchange, names: readonly Buffer[], old: OldDirectory): void {
  for (const name of names) moveEntry(target.fd, name, old.fd)
  // What was kept looks as it did, as far as this user may make it so; the restored target does not depend on it.
  copyMetadata(target.fd, before, old.fd, () => undefined)
  for (const fd of [old.fd, target.fd]) fsyncSync(fd)
}

/** Without its own permission to write, its owner, who is not root, could move nothing out of the tree. The marker has its mode. */
export function lendTree(treeFd: number): void {
  const { mode, uid } = statFd(treeFd)
  if (uid === process.geteuid!() && (mode & OWNER_ALL) !== OWNER_ALL) fchmodSync(treeFd, (mode & 0o7777) | OWNER_ALL)
}

function undone(exchange: Exchange, moved: readonly Buffer[], old: OldDirectory | undefined, cause: unknown): void {
  try {
    undo(exchange, moved, old)
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    throw halfReplaced(exchange, old, error, cause)
  }
}

function undo({ target, staging }: Exchange, moved: readonly Buffer[], old: OldDirectory | undefined): void {
  for (const name of moved.toReversed()) moveEntry(target.fd, name, staging.treeFd)
  if (staging.state === 'moving-in') staging.announce({ state: 'moving-out' })
  if (old === undefined) return
  for (const name of readNames(old.fd).reverse()) moveEntry(old.fd, name, target.fd)
  removeOldDirectory(target, old)
}

function failed({ path }: OpenTarget, cause: unknown): unknown {
  const code = systemCodeOf(cause)
  if (code === undefined) return cause
  const message = `What is in ${path} could not be exchanged: ${entryFailure(cause)}. What had been moved was moved back.`
  if (code === 'EBUSY') return new StopError('mount-point', message, { hint: 'Unmount what is mounted there.', cause })
  return new StoreError('target-access', message, {
    hint: 'See what keeps that entry where it is: its permissions, or chattr -i; or whether something else writes there.',
    cause,
  })
}

function halfReplaced({ target, staging }: Exchange, old: OldDirectory | undefined, error: unknown, cause: unknown): StoreError {
  const { path } = target
  const [tree, kept] = [`${path}/${staging.name}/tree`, old === undefined ? undefined : `${path}/${old.name}`]
  const where = `what was there is in ${path}${kept === undefined ? '' : ` and in ${kept}`}, what was restored in ${tree}${staging.state === 'moving-in' ? ` and in ${path}` : ''}`
  const message = `The exchange of what is in ${path} failed, and so did moving back what had been moved: ${(error as Error).message}. Nothing is lost: ${where}.`
  return new StoreError(HALF_REPLACED, message, {
    hint: 'Mend what the message says. The next restore into the same target with --replace-contents brings this to its end first.',
    fields: { target: path, old: kept, tree },
    cause,
  })
}
