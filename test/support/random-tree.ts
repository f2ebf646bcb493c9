// Random trees and random edits of them, from fast-check values, so that a failure shrinks and its seed replays it.

import fs from 'node:fs'
import * as fc from 'fast-check'
import { utimensAt } from '../../src/runtime/posix/metadata.ts'
import { mknodAt } from '../../src/runtime/posix/node-at.ts'
import { removeXattr, writeXattr } from '../../src/runtime/posix/xattr.ts'

const NAMES = ['a', 'b', 'c', 'dd', 'é', '\xff\xfe', ' ', '-x', 'x'.repeat(255), '.hidden', 'new\nline', 'x.db', 'y.conf', 'z.log'] as const

/** One step that changes a tree. Paths are indexes into the names above, so that steps meet. */
export type Step =
  | { readonly kind: 'file'; readonly at: readonly number[]; readonly size: number; readonly seed: number; readonly mode: number }
  | { readonly kind: 'directory'; readonly at: readonly number[]; readonly mode: number }
  | { readonly kind: 'symlink'; readonly at: readonly number[]; readonly target: string }
  | { readonly kind: 'fifo'; readonly at: readonly number[] }
  | { readonly kind: 'link'; readonly at: readonly number[]; readonly to: readonly number[] }
  | { readonly kind: 'hole'; readonly at: readonly number[]; readonly size: number }
  | { readonly kind: 'remove'; readonly at: readonly number[] }
  | { readonly kind: 'append'; readonly at: readonly number[]; readonly size: number }
  | { readonly kind: 'touch'; readonly at: readonly number[]; readonly seconds: number; readonly nanoseconds: number }
  | { readonly kind: 'chmod'; readonly at: readonly number[]; readonly mode: number }
  | { readonly kind: 'xattr'; readonly at: readonly number[]; readonly name: string; readonly size: number | undefined }

const at = fc.array(fc.nat(NAMES.length - 1), { minLength: 1, maxLength: 3 })
const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat(300) },
  { weight: 2, arbitrary: fc.nat(20_000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 65_536, 200_001) },
)
const mode = fc.constantFrom(0o600, 0o644, 0o755, 0o4755, 0o2750, 0o1777, 0o400)

/** Steps of all kinds. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('file' as const), at, size, seed: fc.nat(20), mode }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('directory' as const), at, mode: fc.constantFrom(0o700, 0o755, 0o2770, 0o1777) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('symlink' as const), at, target: fc.constantFrom('a', '../b', '/nowhere', '\xff') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fifo' as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('link' as const), at, to: at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hole' as const), at, size: fc.nat(400_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('append' as const), at, size: fc.nat(5000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('touch' as const),
      at,
      seconds: fc.integer({ min: -10_000, max: 4_000_000_000 }),
      nanoseconds: fc.nat(999_999_999),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('chmod' as const), at, mode }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('xattr' as const),
      at,
      name: fc.constantFrom('user.a', 'user.b', 'user.\xff'),
      size: fc.constantFrom(undefined, 0, 10, 1500, 3000), // those of one file fit into one block of ext4
    }),
  },
)

const SENSELESS = ['ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY', 'ELOOP', 'EPERM', 'ENXIO', 'EINVAL', 'ESPIPE']
/** What is said of an attribute that is not there, of a file system that has none, and of one whose room for them is taken. */
const SENSELESS_XATTR = [...SENSELESS, 'ENODATA', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSPC']

/** Does a step where it makes sense, and nothing where it does not: a path may be taken, or gone. Tells whether it was done. */
export function applyStep(root: string, step: Step): boolean {
  try {
    doStep(root, step)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!(step.kind === 'xattr' ? SENSELESS_XATTR : SENSELESS).includes(code ?? '')) throw error
    return false
  }
}

function doStep(root: string, step: Step): void {
  const file = pathOf(root, step.at)
  switch (step.kind) {
    case 'file':
      return writeNew(file, bytes(step.seed, step.size), step.mode)
    case 'directory':
      fs.mkdirSync(file)
      return fs.chmodSync(file, step.mode)
    case 'symlink':
      return fs.symlinkSync(Buffer.from(step.target, 'latin1'), file)
    case 'fifo':
      return makeFifo(file)
    case 'link':
      return fs.linkSync(pathOf(root, step.to), file)
    case 'hole':
      writeNew(file, bytes(1, 10), 0o644)
      return fs.truncateSync(file, step.size)
    case 'remove':
      return removeBytes(file)
    case 'append':
      return regular(file) ? fs.appendFileSync(file, bytes(step.size, step.size)) : undefined
    case 'touch':
      return inParent(file, (fd, name) => utimensAt(fd, name, 'omit', { seconds: step.seconds, nanoseconds: step.nanoseconds }))
    case 'chmod':
      return regular(file) ? fs.chmodSync(file, step.mode) : undefined
    case 'xattr':
      return changeXattr(file, Buffer.from(step.name, 'latin1'), step.size)
  }
}

/** Sets an attribute of so many bytes, or removes it. */
function changeXattr(file: Buffer, name: Buffer, size: number | undefined): void {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    if (size === undefined) removeXattr(fd, name)
    else writeXattr(fd, name, bytes(size, size))
  } finally {
    fs.closeSync(fd)
  }
}

function makeFifo(file: Buffer): void {
  inParent(file, (fd, name) => mknodAt(fd, name, { kind: 'fifo' }, 0o600))
}

/** Calls back with a handle of a path's directory, and its last name. */
export function inParent(file: Buffer, use: (directoryFd: number, name: Buffer) => void): void {
  const slash = file.lastIndexOf('/')
  const fd = fs.openSync(file.subarray(0, slash), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY) // a FIFO there would block
  try {
    use(fd, file.subarray(slash + 1))
  } finally {
    fs.closeSync(fd)
  }
}

function writeNew(file: Buffer, content: Buffer, fileMode: number): void {
  fs.writeFileSync(file, content, { flag: 'wx' })
  fs.chmodSync(file, fileMode)
}

function regular(file: Buffer): boolean {
  return fs.lstatSync(file).isFile()
}

/** Bytes that repeat a little, from a seed: some of them equal between files. */
export function bytes(seed: number, length: number): Buffer {
  const out = Buffer.alloc(length)
  let state = (seed + 1) * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = (i >> 6) % 3 === 0 ? 0x61 : state >>> 24
  }
  return out
}

function pathOf(root: string, at: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(root), ...at.map((index) => Buffer.from(`/${NAMES[index]!}`, 'latin1'))])
}

function removeBytes(file: Buffer): void {
  if (!fs.lstatSync(file).isDirectory()) return fs.unlinkSync(file)
  for (const name of fs.readdirSync(file, { encoding: 'buffer' })) removeBytes(Buffer.concat([file, Buffer.from('/'), name]))
  fs.rmdirSync(file)
}

/** Removes a tree whose names may be any bytes. */
export function removeTree(directory: string): void {
  if (fs.existsSync(directory)) removeBytes(Buffer.from(directory))
}
