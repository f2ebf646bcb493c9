// Entries of a tree as lines for people and objects for programs.

import {
  ENTRY_BLOCK,
  ENTRY_CHARACTER,
  ENTRY_DIRECTORY,
  ENTRY_FIFO,
  ENTRY_FILE,
  ENTRY_SOCKET,
  ENTRY_SYMLINK,
  type Entry,
  type EntryType,
} from '../../format/tree.ts'
import type { FoundEntry } from '../../src/operations/snapshot-tree.ts'
import { isoTime } from '../../src/runtime/clock.ts'
import { pathJson, pathText } from './path-text.ts'

const TYPES: Readonly<Record<EntryType, readonly [letter: string, name: string]>> = {
  [ENTRY_FILE]: ['-', 'file'],
  [ENTRY_DIRECTORY]: ['d', 'directory'],
  [ENTRY_SYMLINK]: ['l', 'symlink'],
  [ENTRY_FIFO]: ['p', 'fifo'],
  [ENTRY_SOCKET]: ['s', 'socket'],
  [ENTRY_CHARACTER]: ['c', 'character'],
  [ENTRY_BLOCK]: ['b', 'block'],
}

/** What programs call a type. */
export function typeName(type: EntryType): string {
  return TYPES[type][1]
}

/** An entry for programs. `mtime` is to the second; the nanoseconds stand beside it. */
export function entryJson({ path, entry }: FoundEntry): object {
  const { type, mode, uid, gid, user, group, mtime, content, target, device, link, xattrs } = entry
  return {
    ...pathJson(path),
    type: typeName(type),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    mtime: timeOf(entry),
    mtimeNs: mtime.nanoseconds,
    ...(type === ENTRY_FILE && { size: content!.size }),
    ...(target !== undefined && { target: pathJson(target) }),
    ...(device !== undefined && { device }),
    ...(link !== undefined && { linkGroup: link }),
    ...(xattrs !== undefined && { xattrs: xattrs.map(({ name }) => pathJson(name).path) }),
  }
}

/** A line as `ls -l` writes it. */
export function longLine({ path, entry }: FoundEntry): string {
  const { type, user, uid, group, gid, target, device, content } = entry
  const size = type === ENTRY_FILE ? String(content!.size) : device === undefined ? '-' : `${device.major},${device.minor}`
  const owner = `${user ?? uid}`.padEnd(8)
  const time = (timeOf(entry) ?? '?').replace('T', ' ').slice(0, 19).padEnd(19)
  const arrow = target === undefined ? '' : ` -> ${pathText(target)}`
  return `${modeText(entry)} ${owner} ${`${group ?? gid}`.padEnd(8)} ${size.padStart(12)} ${time} ${pathText(path)}${arrow}`
}

/** A path, with a slash behind directories. */
export function shortLine({ path, entry }: FoundEntry): string {
  return pathText(path) + (entry.type === ENTRY_DIRECTORY ? '/' : '')
}

function timeOf({ mtime }: Entry): string | null {
  // Beyond what a date can hold: the seconds of an attacker's entry may be anything.
  return Math.abs(mtime.seconds) > 8.64e12 ? null : isoTime(mtime.seconds * 1000)
}

function modeText({ type, mode }: Entry): string {
  const letters = Array.from('rwxrwxrwx', (letter, bit) => ((mode >> (8 - bit)) & 1 ? letter : '-'))
  const special = (at: number, bit: number, set: string): void => {
    if ((mode & bit) !== 0) letters[at] = letters[at] === '-' ? set.toUpperCase() : set
  }
  special(2, 0o4000, 's')
  special(5, 0o2000, 's')
  special(8, 0o1000, 't')
  return TYPES[type][0] + letters.join('')
}
