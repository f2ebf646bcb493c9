import { check, libc } from './library.ts'
import { SEEK_SET } from './linux.ts'

// Layout of struct linux_dirent64: inode, offset, record length at 16, type at 18, name from 19.
const LENGTH_AT = 16
const NAME_AT = 19

const records = Buffer.alloc(64 * 1024)

/**
 * All names of an open directory but '.' and '..', as bytes in byte order, from its start at each call.
 * A name that appears or vanishes meanwhile may or may not be listed.
 * @throws {PosixError} ENOENT when the directory was removed, ENOTDIR when the handle is none
 */
export function readNames(dirFd: number): Buffer[] {
  return readLatin1Names(dirFd).map((name) => Buffer.from(name, 'latin1'))
}

/**
 * As `readNames`, with the bytes as latin1 text.
 * @throws {PosixError} as `readNames` does
 */
export function readLatin1Names(dirFd: number): string[] {
  const names: string[] = []
  check(libc().lseek(dirFd, 0, SEEK_SET), 'lseek')
  for (;;) {
    const bytes = check(libc().getdents64(dirFd, records, records.length), 'getdents64')
    if (bytes === 0) break
    takeNames(bytes, names)
  }
  // One byte is one code unit in latin1, so sorting the strings is sorting the bytes, and faster.
  return names.sort()
}

function takeNames(bytes: number, names: string[]): void {
  for (let at = 0; at < bytes; at += records.readUInt16LE(at + LENGTH_AT)) {
    let end = at + NAME_AT
    while (records[end] !== 0) end++
    const name = records.toString('latin1', at + NAME_AT, end)
    if (name !== '.' && name !== '..') names.push(name)
  }
}
