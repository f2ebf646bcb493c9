// What goes wrong where the client keeps its memory: a full or broken disk under CAIRN_HOME must be told as such, not as a defect.

import { StoreError, UsageError } from '../../errors.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'

interface Meaning {
  readonly pattern: RegExp
  readonly code: string
  readonly what: string
  readonly hint: string
  /** The place was named wrongly: nothing has failed. */
  readonly isSetting?: true
}

const DAMAGED = 'home-damaged'
/** The identities lie beside the catalog, so a new home goes by the old one's. */
const DAMAGE_HINT =
  'It holds what this machine knew of its repositories, so a rollback could hide behind it. Name another CAIRN_HOME, with --identity ' +
  'for a file in identities/ of this one, and compare `cairn journal` with what somebody else knows (docs/recovery.md, "A damaged catalog").'

/** Codes of system calls and of SQLite, which says "I/O error" for some of its files when the disk is full. */
const MEANINGS: readonly Meaning[] = [
  {
    pattern: /^(ENOSPC|EDQUOT|EFBIG|SQLITE_FULL|SQLITE_IOERR_(WRITE|SHMSIZE|SHMMAP|TRUNCATE))$/,
    code: 'home-no-space',
    what: 'its disk is full',
    hint: 'Free space there, then run the command again.',
  },
  {
    pattern: /^(EACCES|EPERM)$/,
    code: 'home-access',
    what: 'this user may not use it',
    hint: 'Name a place where this user may write, or mend this one: its owner, its mode.',
    isSetting: true,
  },
  {
    pattern: /^(EROFS|SQLITE_READONLY\w*|SQLITE_CANTOPEN\w*)$/,
    code: 'home-access',
    what: 'it cannot be written',
    hint: 'Set CAIRN_HOME to a directory that can be written, or mend this one: its owner, its mode, its disk.',
  },
  {
    pattern: /^(ENOENT|ENOTDIR|EEXIST|ELOOP|ENAMETOOLONG)$/,
    code: 'home-no-place',
    what: 'no directory can be made or used there',
    hint: 'Name a place where this user can make directories: by CAIRN_HOME, CAIRN_CACHE, or the option that named this one.',
    isSetting: true,
  },
  {
    pattern: /^(EIO|SQLITE_IOERR\w*)$/,
    code: 'home-io',
    what: 'its disk failed',
    hint: 'Check the medium that it lies on (`dmesg`).',
  },
  {
    // Whatever else the system says of a file there is no defect of the program: a damaged file system, a key that is not loaded.
    pattern: /^E[A-Z0-9]+$/,
    code: 'home-io',
    what: 'the system refuses it',
    hint: 'Check the medium where CAIRN_HOME lies (`dmesg`), and what this process may use (`ulimit -a`).',
  },
  {
    pattern: /^SQLITE_BUSY\w*$/,
    code: 'home-busy',
    what: 'another process has held it for long',
    hint: 'Look for a command that hangs, then run this one again.',
  },
  {
    // Our statements never change: one that SQLite cannot understand does not find the tables that it is made for.
    pattern: /^SQLITE_(CORRUPT\w*|NOTADB|ERROR|TOOBIG)$/,
    code: DAMAGED,
    what: 'it is damaged',
    hint: DAMAGE_HINT,
  },
]

/** What `homeError` makes of a failure. */
export type HomeError = StoreError | UsageError

export function isHomeError(error: unknown): error is HomeError {
  return (error instanceof StoreError || error instanceof UsageError) && error.code.startsWith('home-')
}

/** The error of a file below the client's home; an error that is none of the disk's comes back as it is. */
export function homeError(error: unknown, file: string): unknown {
  const meaning = meaningOf(error)
  if (meaning === undefined) return error
  const { what, hint, isSetting } = meaning
  const kind = isSetting === true ? UsageError : StoreError
  return new kind(meaning.code, `Cannot use ${file}: ${what} (${codeOf(error)}).`, { hint, cause: error, fields: { path: file } })
}

/** The error of a catalog that cannot be what was written: a pin may be lost, and nothing else would say so. SPEC §9.1.8 */
export function damagedHome(file: string, what: string): StoreError {
  return new StoreError(DAMAGED, `Cannot use ${file}: ${what}.`, { hint: DAMAGE_HINT, fields: { path: file } })
}

/** Whether an error says that a file below the home cannot be used now. */
export function isHomeFailure(error: unknown): boolean {
  return meaningOf(error) !== undefined
}

/** Whether an error says that a file below the home is there and is not what was written. */
export function isHomeDamage(error: unknown): boolean {
  return meaningOf(error)?.code === DAMAGED
}

/** Does some work on a file below the home. @throws {StoreError} `home-*` when the disk does not let it; {UsageError} when there is no such place. */
export function withHomeErrors<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw homeError(error, file)
  }
}

function meaningOf(error: unknown): Meaning | undefined {
  const code = codeOf(error)
  return code === undefined ? undefined : MEANINGS.find(({ pattern }) => pattern.test(code))
}

/** The system's name for a failure, or SQLite's. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return systemCodeOf(error) ?? (typeof code === 'string' ? code : undefined)
}
