// What a tree is, for comparing a restored one with its source: everything that a snapshot keeps.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import { readXattrs } from '../../src/runtime/posix/xattr.ts'

/** One line for each entry below a path, with its metadata to the nanosecond; hard links as groups. */
export function treeFacts(root: string): string[] {
  return factsBelow(Buffer.from(root), Buffer.alloc(0), new Map())
}

function factsBelow(root: Buffer, path: Buffer, groups: Map<bigint, string>): string[] {
  const full = Buffer.concat([root, path])
  const shown = path.toString('latin1')
  const stat = lstatSync(full, { bigint: true })
  const isLinked = !stat.isDirectory() && stat.nlink > 1n
  if (isLinked && !groups.has(stat.ino)) groups.set(stat.ino, shown)
  const xattrs = readXattrs(full).map(({ name, value }) => `${name.toString()}=${sha256(value).toString('hex').slice(0, 8)}`)
  const size = stat.isDirectory() ? '-' : stat.size
  const content = stat.isFile() ? sha256(readFileSync(full)).toString('hex') : stat.isSymbolicLink() ? readlinkSync(full) : ''
  const facts = [
    shown,
    stat.mode.toString(8),
    stat.uid,
    stat.gid,
    stat.mtimeNs,
    size,
    stat.rdev,
    content,
    xattrs,
    isLinked ? groups.get(stat.ino) : '',
  ]
  const names = stat.isDirectory() ? readdirSync(full, { encoding: 'buffer' }).sort(Buffer.compare) : []
  return [facts.join(' '), ...names.flatMap((name) => factsBelow(root, Buffer.concat([path, Buffer.from('/'), name]), groups))]
}
