// What stands around a backup, a restore, a check and a repair in the log: that it was begun, and what became of it.

import type { CborRecord } from '../../../format/cbor.ts'
import { AccessError, StopError, StoreError } from '../../errors.ts'
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
 * after its own. A failure follows at once, unless the store is what failed: then it waits for the next command that writes.
 * What becomes of the records is told, and neither takes the place of the result nor of the error.
 * @throws what `run` throws, and nothing else.
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
    if (!(error instanceof StoreError)) await followed(place, remark)
    throw error
  }
  await completedBackup(place, started.promise, { ...details, ...completed(result) }, remark)
  return result
}

/** The snapshot stands, whatever becomes of its records: where the spool takes nothing, the journal itself may. */
async function completedBackup(
  place: AuditPlace,
  started: Promise<void>,
  details: CborRecord,
  remark: (text: string) => void,
): Promise<void> {
  try {
    await started
    await auditLater(place, 'backup_completed', details)
  } catch (error) {
    if (!isLogFailure(error)) throw error
    return reported(remark, async () => tell(remark, await audit(place, 'backup_completed', details)))
  }
  await followed(place, remark)
}

/**
 * Runs a restore: `restore_attempted` stands in the log before anything happens, `restore_completed` or `restore_failed` after.
 * @throws what `run` throws; {StoreError} `spool-io` when the log takes nothing.
 */
export async function auditedRestore<T>(place: AuditPlace, work: AuditedWork<T>, run: () => Promise<T>): Promise<T> {
  const remark = onlyOnce(work.remark)
  tell(remark, await audit(place, 'restore_attempted', work.details))
  return audited(place, ['restore_completed', 'restore_failed'], { ...work, remark }, run)
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
  if (recorded?.problem !== undefined) remark(`${waits(recorded)}: ${recorded.problem.message}`)
  for (const { path, problem } of recorded?.drained?.aside ?? [])
    remark(`A log record of this machine does not count (${problem}); it was put aside as ${path}`)
}

function waits({ outcome }: RecordedEvent): string {
  return outcome === 'written'
    ? 'The log entry stands, but earlier log records of this machine cannot follow'
    : 'The log entry waits on this machine and follows later'
}

/** The two records of a restore meet the same trouble, which is told once. */
function onlyOnce(remark: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return (text) => {
    if (told.has(text)) return
    told.add(text)
    remark(text)
  }
}

/** Has the spool follow. What it holds waits on when that fails, which is what a spool is for. */
async function followed(place: AuditPlace, remark: (text: string) => void): Promise<void> {
  try {
    tell(remark, { outcome: 'written', drained: await flushAudit(place) })
  } catch (error) {
    if (!isLogFailure(error)) throw error
    tell(remark, { outcome: 'spooled', problem: error })
  }
}

/** What the log may meet: a disk that failed, rights that were taken away, a history that somebody has to look at. */
function isLogFailure(error: unknown): error is StoreError | AccessError | StopError {
  return error instanceof StoreError || error instanceof AccessError || error instanceof StopError
}

/** While an error or a result is on its way to the caller, a log that cannot be written must not take its place. */
async function reported(remark: (text: string) => void, record: () => Promise<void>): Promise<void> {
  try {
    await record()
  } catch (error) {
    remark(`The log entry could not be written: ${(error as Error).message}`)
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
