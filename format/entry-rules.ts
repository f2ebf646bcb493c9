// What an entry must be beyond its form (SPEC §6.7). Encoder and decoder ask the same rules.

import { compareBytes } from './bytes.ts'
import { ENTRY_BLOCK, ENTRY_CHARACTER, ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_SYMLINK, type Entry, type EntryXattr } from './entry.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { isEntryName } from './names.ts'

const NANOSECONDS = 1_000_000_000

/** @throws {FormatError} `entry-*` for the first rule that the entry breaks. */
export function checkEntry(entry: Entry, root: boolean): void {
  const { type } = entry
  checkName(entry.name, root)
  if (!(type >= ENTRY_FILE && type <= ENTRY_BLOCK)) refuse(entry, 'entry-type', `has the unknown type ${type}`)
  if (root && type !== ENTRY_DIRECTORY) refuse(entry, 'entry-root', 'is the root, but no directory')
  if (entry.mode > 0o7777) refuse(entry, 'entry-mode', `has the mode ${entry.mode.toString(8)}`)
  if (entry.mtime.nanoseconds >= NANOSECONDS) refuse(entry, 'entry-time', `has ${entry.mtime.nanoseconds} nanoseconds`)
  const hasContent = type === ENTRY_FILE || type === ENTRY_DIRECTORY
  checkPresence(entry, 'entry-content', 'content', entry.content !== undefined, hasContent)
  checkPresence(entry, 'entry-target', 'a target', entry.target !== undefined, type === ENTRY_SYMLINK)
  checkPresence(entry, 'entry-device', 'a device number', entry.device !== undefined, type === ENTRY_CHARACTER || type === ENTRY_BLOCK)
  checkOptional(entry)
}

function checkName(name: Uint8Array, root: boolean): void {
  if (root ? name.length === 0 : isEntryName(name)) return
  const shown = Buffer.from(name.subarray(0, 64)).toString('latin1')
  throw new FormatError(
    'entry-name',
    `${JSON.stringify(shown)} (${name.length} bytes) cannot be the name of ${root ? 'a root' : 'an entry'}`,
  )
}

function checkPresence(entry: Entry, code: string, what: string, present: boolean, required: boolean): void {
  if (present === required) return
  refuse(entry, present ? `${code}-unexpected` : `${code}-missing`, `of type ${entry.type} ${present ? 'has' : 'lacks'} ${what}`)
}

function checkOptional(entry: Entry): void {
  if (entry.target !== undefined) checkTarget(entry, entry.target)
  if (entry.link !== undefined) {
    if (entry.link.length !== 8) refuse(entry, 'entry-link', `has a link group of ${entry.link.length} bytes`)
    if (entry.type === ENTRY_DIRECTORY) refuse(entry, 'entry-link-directory', 'is a directory with a link group')
  }
  if (entry.sha256 !== undefined) {
    if (entry.sha256.length !== 32) refuse(entry, 'entry-sha256', `has a SHA-256 of ${entry.sha256.length} bytes`)
    if (entry.type !== ENTRY_FILE) refuse(entry, 'entry-sha256-unexpected', 'has a SHA-256, but is no file')
  }
  if (entry.fileClass !== undefined) {
    if (!(entry.fileClass >= 1 && entry.fileClass <= 3)) refuse(entry, 'entry-class', `has the unknown class ${entry.fileClass}`)
    if (entry.type !== ENTRY_FILE) refuse(entry, 'entry-class-unexpected', 'has a class, but is no file')
  }
  if (entry.xattrs !== undefined) checkXattrs(entry, entry.xattrs)
}

function checkTarget(entry: Entry, target: Uint8Array): void {
  if (target.length === 0 || target.length > LIMITS.targetBytes) refuse(entry, 'entry-target', `has a target of ${target.length} bytes`)
  if (target.includes(0)) refuse(entry, 'entry-target', 'has a target with a NUL')
}

function checkXattrs(entry: Entry, xattrs: readonly EntryXattr[]): void {
  if (xattrs.length === 0) refuse(entry, 'entry-xattrs-empty', 'has an empty list of xattrs')
  let previous: Uint8Array | undefined
  for (const { name, value } of xattrs) {
    if (name.length === 0 || name.length > LIMITS.nameBytes || name.includes(0))
      refuse(entry, 'entry-xattr-name', 'has an xattr with a bad name')
    if (previous !== undefined && compareBytes(previous, name) >= 0)
      refuse(entry, 'entry-xattr-order', 'has xattrs out of order, or one twice')
    previous = name
    const inline = value instanceof Uint8Array
    const size = inline ? value.length : value.size
    if (inline !== size <= LIMITS.xattrInlineBytes) {
      refuse(entry, 'entry-xattr-place', `has an xattr of ${size} bytes ${inline ? 'inline' : 'as a stream'}`)
    }
  }
}

function refuse(entry: Entry, code: string, problem: string): never {
  const name = Buffer.from(entry.name.subarray(0, 255)).toString('utf8')
  throw new FormatError(code, `the entry ${JSON.stringify(name)} ${problem}`)
}
