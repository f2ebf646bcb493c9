// The side of a comparison that is a live directory: seen through handles, as a commit sees it.

import fs from 'node:fs'
import { ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_SYMLINK, type Entry } from '../../../format/tree.ts'
import { openAt, readlinkAt } from '../../runtime/posix/at.ts'
import { statAt } from '../../runtime/posix/stat.ts'
import { readXattrsAt, type Xattr } from '../../runtime/posix/xattr.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { entryOf, entryTypeOf } from '../../sources/filesystem/entry.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import type { Scope } from '../../sources/filesystem/scope.ts'
import type { DiffNode } from './change.ts'

const READ_BYTES = 1 << 20

interface LiveDirectory {
  readonly handle: DirectoryHandle
  /** Its place in the snapshot, as latin1 text. */
  readonly path: string
  /** What of it a commit would take, so that a comparison does as well. */
  readonly scope: Scope
  readonly own: OwnDirectory
}

/** The directory that was named; its name does not count. */
export function liveDirectory(directory: LiveDirectory): DiffNode {
  return directoryNode(directory, entryOf(Buffer.alloc(0), ENTRY_DIRECTORY, directory.handle.stat()))
}

/** Opens the directory when somebody looks into it: one that may not be read must not hide those beside it. */
function directoryNode(directory: LiveDirectory, entry: Entry): DiffNode {
  const { handle, scope } = directory
  return {
    entry,
    sizeBytes: 0,
    async *children() {
      for (const child of scope.names(handle, refuse)) {
        const node = liveChild(directory, child)
        if (node !== undefined) yield node
      }
    },
    read: nothing,
    xattrs: async () => valuesOf(handle.xattrs()),
  }
}

function refuse(error: unknown): never {
  throw error
}

/** Undefined for what is left out, of a type that no snapshot holds, or gone by now. */
function liveChild(parent: LiveDirectory, text: string): DiffNode | undefined {
  const { handle, scope, own } = parent
  const path = parent.path === '' ? text : `${parent.path}/${text}`
  const name = Buffer.from(text, 'latin1')
  const stat = unlessGone(() => statAt(handle.fd(), name))
  const type = stat && entryTypeOf(stat)
  if (type === undefined || scope.leavesOut(path, text, type === ENTRY_DIRECTORY)) return undefined
  if (type === ENTRY_DIRECTORY) {
    if (own.is(stat!)) return undefined
    const below = scope.below(path, text)
    return directoryNode({ handle: handle.child(name, below.isWay), path, scope: below, own }, entryOf(name, type, stat!))
  }
  const target = type === ENTRY_SYMLINK ? unlessGone(() => readlinkAt(handle.fd(), name)) : undefined
  if (type === ENTRY_SYMLINK && target === undefined) return undefined
  const entry: Entry = { ...entryOf(name, type, stat!), ...(target !== undefined && { target }) }
  return {
    entry,
    sizeBytes: type === ENTRY_FILE ? stat!.sizeBytes : 0,
    children: nothing,
    read: () => contentOf(handle, name),
    xattrs: async () => valuesOf(readXattrsAt(handle.fd(), name)),
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
