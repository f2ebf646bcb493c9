import { StoreError } from '../errors.ts'
import { systemCodeOf, systemMessageOf } from '../runtime/posix/system-code.ts'

/** What an entry lost on its way into the target. */
export type RestoreProblemKind = 'collision' | 'unsupported' | 'ownership' | 'mode' | 'xattr' | 'times' | 'link' | 'damaged' | 'io'

/** One entry that is not, or not wholly, as the snapshot has it. */
export interface RestoreProblem {
  /** From the restored root, components joined by `/`; empty for the root itself or for a summary. */
  readonly path: Uint8Array
  readonly kind: RestoreProblemKind
  readonly message: string
}

/** Where problems go: it is called once for each, in the thread that met it. */
export type ReportProblem = (problem: RestoreProblem) => void

// After these nothing else would succeed either: the restore ends, and its staging directory goes.
type Failure = readonly [code: string, message: string, hint: string]
const BROKEN: Failure = ['target-io', 'The disk of the target failed', 'Check the disk, or restore to another place.']

const FATAL: Readonly<Record<string, Failure>> = {
  ENOSPC: ['target-no-space', 'The file system of the target is full', 'Free some space, or restore to another place.'],
  EDQUOT: ['target-no-space', 'The quota on the file system of the target is used up', 'Raise it, or restore to another place.'],
  EROFS: ['target-read-only', 'The file system of the target is read-only', 'Restore to another place.'],
  EIO: BROKEN,
  EUCLEAN: BROKEN, // damaged metadata of ext4, xfs and btrfs
  EBADMSG: BROKEN, // the same, by a checksum
  ESTALE: BROKEN, // a file server that forgot the directory
  EREMOTEIO: BROKEN,
  ENOMEDIUM: BROKEN,
  EHWPOISON: BROKEN,
  EMFILE: ['target-handles', 'This process may open no more files', 'Raise the limit (ulimit -n).'],
  ENFILE: ['target-handles', 'The system can open no more files', 'Wait, or raise fs.file-max.'],
  ENOMEM: ['target-memory', 'The kernel is out of memory', 'Free some memory.'],
}

/**
 * Throws on what ends the whole restore; returns the system's message where only one entry is hurt.
 * @throws {StoreError} `target-no-space`, `target-read-only`, `target-io`, `target-handles` or `target-memory`
 * @throws {Error} the error itself, where it is no error of the system
 */
export function entryFailure(error: unknown): string {
  const code = systemCodeOf(error)
  if (code === undefined) throw error
  const fatal = FATAL[code]
  if (fatal !== undefined) throw new StoreError(fatal[0], `${fatal[1]} (${code}).`, { hint: fatal[2], cause: error })
  return systemMessageOf(error)
}
