// What stands around a backup, a restore, a check and a repair in the log: that it was begun, and what became of it.

import type { CborRecord } from '../../../format/cbor.ts'
import { StoreError } from '../../errors.ts'
import type { RecordedEvent } from '../../repository/journal/spool.ts'
import { type AuditEvent, type AuditPlace, audit, auditLater, flushAudit } from './audit.ts'

export interface AuditedWork<T> {
  /** What is known before. */
  readonly details: CborRecord
  /** What is to be said of the result. */
  readonly completed: (result: T) => CborRecord
  /** Takes what a person should know of the log, such as that an event waits in the spool. */
  readonly remark: (text: string) => void
}

/**
 * Runs a backup. Its beginning goes into the spool beside it, so that it never waits for the log; all records follow in one entry
 * after its own. A failure stays in the spool until the next success, since the store may be what failed.
 * @throws what `run` throws; {StoreError} `spool-io` when the spool cannot be written.
 */
export async function auditedBackup<T>(
  place: AuditPlace,
  { details, completed, remark }: AuditedWork<T>,
  run: () => Promise<T>,
): Promise<T> {
  const started = settled(auditLater(place, 'backup_started', details))
  let result: T
  try {
    result = await run()
  } catch (error) {
    await started.quietly
    await reported(remark, () => auditLater(place, 'backup_failed', { ...details, ...failure(error) }))
    throw error
  }
  await started.promise
  await auditLater(place, 'backup_completed', { ...details, ...completed(result) })
  await flushed(place, remark)
  return result
}

/**
 * Runs a restore: `restore_attempted` stands in the log before anything happens, `restore_completed` or `restore_failed` after.
 * @throws what `run` throws; {StoreError} `spool-io` when the log takes nothing.
 */
export async function auditedRestore<T>(place: AuditPlace, work: AuditedWork<T>, run: () => Promise<T>): Promise<T> {
  tell(work.remark, await audit(place, 'restore_attempted', work.details))
  return audited(place, ['restore_completed', 'restore_failed'], work, run)
}

/** Runs what is recorded by its end only: a check, a repair, what a plan allowed. As `auditedRestore` otherwise. */
export async function audited<T>(
  place: AuditPlace,
  [done, failed]: readonly [done: AuditEvent, failed: AuditEvent],
  { details, completed, remark }: AuditedWork<T>,
  run: () => Promise<T>,
): Promise<T> {
  let result: T
  try {
    result = await run()
  } catch (error) {
    await reported(remark, async () => tell(remark, await audit(place, failed, { ...details, ...failure(error) })))
    throw error
  }
  tell(remark, await audit(place, done, { ...details, ...completed(result) }))
  return result
}

/** Says what did not go into the journal at once. */
export function tell(remark: (text: string) => void, recorded: RecordedEvent | undefined): void {
  if (recorded?.problem !== undefined) remark(`The log entry waits on this machine and follows later: ${recorded.problem.message}`)
  for (const { path, problem } of recorded?.drained?.aside ?? [])
    remark(`A log record of this machine does not count (${problem}); it was put aside as ${path}`)
}

async function flushed(place: AuditPlace, remark: (text: string) => void): Promise<void> {
  try {
    tell(remark, { outcome: 'written', drained: await flushAudit(place) })
  } catch (error) {
    // The backup stands; its log records wait in the spool, which is what a spool is for.
    if (!(error instanceof StoreError)) throw error
    tell(remark, { outcome: 'spooled', problem: error })
  }
}

/** While an error is on its way to the caller, a log that cannot be written must not take its place. */
async function reported(remark: (text: string) => void, record: () => Promise<void>): Promise<void> {
  try {
    await record()
  } catch (error) {
    remark(`The failure could not be recorded: ${(error as Error).message}`)
  }
}

function failure(error: unknown): CborRecord {
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  return { error: code ?? name ?? 'unknown', message: String(message ?? error).toWellFormed() }
}

/** A promise that nobody awaits for a while must not count as unhandled. */
function settled(promise: Promise<void>): { promise: Promise<void>; quietly: Promise<unknown> } {
  return { promise, quietly: promise.catch(() => undefined) }
}
