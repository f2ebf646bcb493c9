// The side of a comparison that is a live directory: seen through handles, as a commit sees it.

import fs from 'node:fs'
import { ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_SYMLINK, type Entry } from '../../../format/tree.ts'
import { openAt, readlinkAt } from '../../runtime/posix/at.ts'
import { readNames } from '../../runtime/posix/directory.ts'
import { statAt } from '../../runtime/posix/stat.ts'
import { readXattrsAt, readXattrsFd, type Xattr } from '../../runtime/posix/xattr.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { entryOf, entryTypeOf } from '../../sources/filesystem/entry.ts'
import type { IsExcluded } from '../../sources/filesystem/excludes.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import type { DiffNode } from './change.ts'

const READ_BYTES = 1 << 20

/** What of a live directory a commit would leave out, and a comparison therefore does. */
export interface LeftOut {
  /** Sees paths below the snapshot's root, as latin1 text. */
  readonly isExcluded: IsExcluded | undefined
  readonly own: OwnDirectory
}

/** The directory that was named; its name does not count. `path` is its place in the snapshot, as latin1 text. */
export function liveDirectory(handle: DirectoryHandle, leftOut: LeftOut, path: string): DiffNode {
  return directoryNode(handle, leftOut, path, entryOf(Buffer.alloc(0), ENTRY_DIRECTORY, handle.stat()))
}

/** Opens the directory when somebody looks into it: one that may not be read must not hide those beside it. */
function directoryNode(handle: DirectoryHandle, leftOut: LeftOut, path: string, entry: Entry): DiffNode {
  return {
    entry,
    sizeBytes: 0,
    async *children() {
      for (const child of readNames(handle.fd())) {
        const node = liveChild(handle, leftOut, path, child)
        if (node !== undefined) yield node
      }
    },
    read: nothing,
    xattrs: async () => valuesOf(readXattrsFd(handle.fd())),
  }
}

/** Undefined for what is left out, of a type that no snapshot holds, or gone by now. */
function liveChild(parent: DirectoryHandle, leftOut: LeftOut, directory: string, name: Buffer): DiffNode | undefined {
  const path = directory === '' ? name.toString('latin1') : `${directory}/${name.toString('latin1')}`
  const stat = unlessGone(() => statAt(parent.fd(), name))
  const type = stat && entryTypeOf(stat)
  if (type === undefined || leftOut.isExcluded?.(path, type === ENTRY_DIRECTORY) === true) return undefined
  if (type === ENTRY_DIRECTORY && leftOut.own.is(stat!)) return undefined
  if (type === ENTRY_DIRECTORY) return directoryNode(parent.child(name), leftOut, path, entryOf(name, type, stat!))
  const target = type === ENTRY_SYMLINK ? unlessGone(() => readlinkAt(parent.fd(), name)) : undefined
  if (type === ENTRY_SYMLINK && target === undefined) return undefined
  const entry: Entry = { ...entryOf(name, type, stat!), ...(target !== undefined && { target }) }
  return {
    entry,
    sizeBytes: type === ENTRY_FILE ? stat!.sizeBytes : 0,
    children: nothing,
    read: () => contentOf(parent, name),
    xattrs: async () => valuesOf(readXattrsAt(parent.fd(), name)),
  }
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function* contentOf(parent: DirectoryHandle, name: Buffer): AsyncGenerator<Uint8Array> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const fd = openAt(parent.fd(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(READ_BYTES)
      const length = fs.readSync(fd, buffer)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    fs.closeSync(fd)
  }
}

function valuesOf(xattrs: readonly Xattr[]): Map<string, Uint8Array> {
  return new Map(xattrs.map(({ name, value }) => [name.toString('latin1'), value]))
}

async function* nothing(): AsyncGenerator<never> {}
