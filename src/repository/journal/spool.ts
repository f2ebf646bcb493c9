// What cannot be written to the store is signed into a local spool and follows later, inside an audit batch (SPEC §7.6).

import type { Id } from '../../../format/bytes.ts'
import type { CborRecord } from '../../../format/cbor.ts'
import { type EventName, isSpoolable } from '../../../format/events.ts'
import { encodeSigned } from '../../../format/journal.ts'
import { encodeSpoolRecord } from '../../../format/spool.ts'
import { StoreError, UsageError } from '../../errors.ts'
import { now } from '../../runtime/clock.ts'
import { randomBytes } from '../../runtime/random.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { recordWithDetails } from './entry-details.ts'
import type { Journal } from './journal.ts'
import { SPOOL_RECORD_BYTES, SpoolFiles } from './spool-files.ts'
import { judgeRecord, type RecordProblem } from './spool-records.ts'
import { assertNoVoidEnd } from './void-end.ts'

export interface SpoolOptions {
  /** Of this repository alone; made (0700) when first needed. */
  readonly directory: string
  readonly repository: Id
  readonly journalKey: Uint8Array
  readonly signing: SigningKey
}

export interface DrainReport {
  /** Records that stand in the journal now. */
  readonly sent: number
  /** Records that nobody could read or that do not count, and where they were put. */
  readonly aside: readonly { readonly path: string; readonly problem: RecordProblem }[]
}

/** One batch stays well below the size of a slot. */
const BATCH_BYTES = 768 * 1024

export class Spool {
  readonly #options: SpoolOptions
  readonly #files: SpoolFiles

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#files = new SpoolFiles(options.directory)
  }

  /**
   * Signs an event and keeps it durably on this machine.
   * @throws {UsageError} `not-spoolable` for an event that has an effect, and for a record of more than 256 KiB.
   * @throws {StoreError} `spool-io` when the directory cannot be written.
   */
  async add(event: EventName, details: CborRecord): Promise<void> {
    const { repository, journalKey, signing } = this.#options
    if (!isSpoolable(event)) {
      throw new UsageError('not-spoolable', `The event ${event} has an effect, so it cannot wait in the spool.`)
    }
    const bare = { repository, operation: randomBytes(16), member: signing.memberId, event, time: now(), sealed: Buffer.alloc(0) }
    const inner = encodeSpoolRecord(recordWithDetails(bare, event, details, journalKey))
    const bytes = encodeSigned([inner, signing.sign('spool-record', repository, inner)])
    if (bytes.length > SPOOL_RECORD_BYTES) {
      throw new UsageError('not-spoolable', `The event ${event} has ${bytes.length} bytes, too many for the spool.`)
    }
    await this.#files.add(bytes)
  }

  /** How many records wait. */
  async pending(): Promise<number> {
    return (await this.#files.names()).length
  }

  /**
   * Writes what waits into the journal, in as few entries as it takes. A crash in the middle, or two processes at once, may
   * write a record twice: its operation id tells, and `Journal.entries` marks the second one.
   * @throws as `Journal.append` does; what was not sent waits on.
   */
  async drain(journal: Journal): Promise<DrainReport> {
    const aside: { path: string; problem: RecordProblem }[] = []
    let [sent, batch, batchBytes]: [number, { name: string; bytes: Buffer }[], number] = [0, [], 0]
    for (const name of await this.#files.names()) {
      const bytes = await this.#files.read(name)
      const verdict = bytes && judgeRecord(journal.state, bytes)
      if (bytes === undefined || verdict === undefined) {
        continue
      }
      if ('problem' in verdict) {
        aside.push({ path: await this.#files.setAside(name), problem: verdict.problem })
        continue
      }
      if (batchBytes + bytes.length > BATCH_BYTES) {
        sent += await this.#send(journal, batch)
        ;[batch, batchBytes] = [[], 0]
      }
      batch.push({ name, bytes })
      batchBytes += bytes.length
    }
    return { sent: sent + (await this.#send(journal, batch)), aside }
  }

  async #send(journal: Journal, batch: readonly { name: string; bytes: Buffer }[]): Promise<number> {
    if (batch.length === 0) {
      return 0
    }
    const records = batch.map(({ bytes }) => bytes)
    await journal.append({ event: 'audit_batch', clear: { records }, signing: this.#options.signing, guard: assertNoVoidEnd })
    for (const { name } of batch) {
      await this.#files.remove(name)
    }
    return batch.length
  }
}

export interface RecordedEvent {
  readonly outcome: 'written' | 'spooled'
  /** What followed from the spool, when the event was written. */
  readonly drained?: DrainReport
  /** Why the event was spooled, or why the spool could not follow: to be told, not to fail over. */
  readonly problem?: Error
}

/**
 * Writes an event without effect to the journal, and what waits in the spool after it; when the store does not take it, the journal ends
 * in void slots, or there is none at hand, the event is spooled.
 * @throws as `Journal.append` does, save for StoreErrors; {StoreError} `spool-io` when the spool fails, too.
 */
export async function recordEvent(
  journal: Journal | undefined,
  spool: Spool,
  signing: SigningKey,
  event: EventName,
  details: CborRecord,
): Promise<RecordedEvent> {
  const unwritten = await stoppedByStore(async () => {
    await journal?.append({ event, details, signing, guard: assertNoVoidEnd })
  })
  if (journal === undefined || unwritten instanceof StoreError) {
    await spool.add(event, details)
    return { outcome: 'spooled', ...(unwritten instanceof StoreError ? { problem: unwritten } : {}) }
  }
  const drained = await stoppedByStore(() => spool.drain(journal))
  return drained instanceof StoreError ? { outcome: 'written', problem: drained } : { outcome: 'written', drained }
}

async function stoppedByStore<T>(work: () => Promise<T>): Promise<T | StoreError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError) {
      return error
    }
    throw error
  }
}
