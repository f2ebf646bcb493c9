import { StoreError, UsageError } from '../../errors.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'

interface Meaning {
  readonly code: string
  readonly what: string
  readonly hint: string
}

const FULL: Meaning = {
  code: 'store-no-space',
  what: 'is full',
  hint: 'Free space or raise the quota, then run the command again: nothing that was committed is harmed.',
}
const DENIED: Meaning = {
  code: 'store-access',
  what: 'does not let this user do it',
  hint: 'Check who owns the directory and its mode; run as its owner.',
}
const NO_FILE: Meaning = {
  code: 'store-not-a-file',
  what: 'has something that is no regular file where an object or directory belongs',
  hint: 'Somebody changed the store by hand. Look at the path before you go on.',
}
const NO_LINKS: Meaning = {
  code: 'store-no-hard-links',
  what: 'lies on a file system without hard links',
  hint: 'Objects appear by link(2). Put the store on ext4, xfs, btrfs, zfs, APFS or NFS.',
}
const NO_PLACE: Meaning = {
  code: 'store-no-place',
  what: 'cannot lie there',
  hint: 'Name a place where this user can make directories.',
}
const TOO_MANY: Meaning = {
  code: 'store-too-many-files',
  what: 'cannot be reached: too many open files',
  hint: 'Raise the limit (`ulimit -n`).',
}
const FAILED: Meaning = {
  code: 'store-io',
  what: 'failed',
  hint: 'Check the medium and its cable or mount (`dmesg`). Nothing that was committed was changed.',
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ENOSPC', FULL],
  ['EDQUOT', FULL],
  ['EFBIG', FULL],
  [
    'EROFS',
    {
      code: 'store-read-only',
      what: 'is read-only',
      hint: 'Mount it writable. A file system turns read-only after errors: look at `dmesg`.',
    },
  ],
  ['EACCES', DENIED],
  ['EPERM', DENIED],
  ['ELOOP', NO_FILE],
  ['ENOTDIR', NO_FILE],
  ['EISDIR', NO_FILE],
  ['EMFILE', TOO_MANY],
  ['ENFILE', TOO_MANY],
])

/** The action of making a store. */
export const MAKE = 'make a store at'

/** What stops a root from being made where what it would lie in is not what it should be. */
const NO_PLACE_CODES: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

const NO_LINK_CODES: ReadonlySet<string> = new Set(['EPERM', 'EXDEV', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK'])

/**
 * Turns an error of the file system into the store's own; an error that is none of the file system's comes back as it is.
 * `action` is a verb phrase, such as "write".
 */
export function storeError(error: unknown, action: string, path: string): unknown {
  const errno = systemCodeOf(error)
  if (errno === undefined) {
    return error
  }
  const meaning = meaningOf(errno, action)
  // A new store's place is one that a person has just named: nothing has failed.
  const kind = action === MAKE && (meaning === NO_PLACE || meaning === DENIED) ? UsageError : StoreError
  return new kind(meaning.code, `Cannot ${action} ${path}: the store ${meaning.what} (${errno}).`, {
    hint: meaning.hint,
    cause: error,
    fields: { path, errno },
  })
}

function meaningOf(errno: string, action: string): Meaning {
  if (action === 'link' && NO_LINK_CODES.has(errno)) return NO_LINKS
  if (action === MAKE && NO_PLACE_CODES.has(errno)) return NO_PLACE
  return MEANINGS.get(errno) ?? FAILED
}

/** The error of a path that is there, but is no regular file (a symlink put in an object's place, a device). */
export function notAFile(path: string): StoreError {
  return new StoreError(NO_FILE.code, `${path} is no regular file: the store ${NO_FILE.what}.`, { hint: NO_FILE.hint, fields: { path } })
}
