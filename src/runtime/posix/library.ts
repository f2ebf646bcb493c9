// The door to the C library, for the calls of capture and restore (SPEC §9.2, §9.5) that node:fs lacks: relative to
// a directory handle, extended attributes, holes, exchange of names, nanosecond times. All of it is synchronous.
// Flow: at, metadata, xattr, sparse, stat … → library → libc. Only Linux on 64-bit little-endian
// machines is bound; elsewhere everything imports, and throws UnsupportedError when called.
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { PosixError, UnsupportedError } from './posix-error.ts'

type CType = 'int' | 'uint' | 'int64_t' | 'size_t' | 'const void *' | 'void *'

/** Bytes handed to C: a Buffer that ends in NUL where C wants a string. */
type Pointer = Uint8Array

/** The calls of libc as bound here: each returns −1 on failure and leaves the reason in errno. */
export interface CLibrary {
  openat(dirFd: number, name: Pointer, flags: number, mode: number): number
  mkdirat(dirFd: number, name: Pointer, mode: number): number
  symlinkat(target: Pointer, dirFd: number, name: Pointer): number
  readlinkat(dirFd: number, name: Pointer, into: Pointer, bytes: number): number
  linkat(fromFd: number, from: Pointer, toFd: number, to: Pointer, flags: number): number
  unlinkat(dirFd: number, name: Pointer, flags: number): number
  renameat2(fromFd: number, from: Pointer, toFd: number, to: Pointer, flags: number): number
  mknodat(dirFd: number, name: Pointer, mode: number, device: number): number
  fchownat(dirFd: number, name: Pointer, uid: number, gid: number, flags: number): number
  utimensat(dirFd: number, name: Pointer, times: Pointer, flags: number): number
  futimens(fd: number, times: Pointer): number
  statx(dirFd: number, name: Pointer, flags: number, mask: number, into: Pointer): number
  getdents64(fd: number, into: Pointer, bytes: number): number
  lseek(fd: number, offset: number, whence: number): number
  syncfs(fd: number): number
  sync_file_range(fd: number, offset: number, bytes: number, flags: number): number
  posix_fadvise(fd: number, offset: number, bytes: number, advice: number): number
  fallocate(fd: number, mode: number, offset: number, bytes: number): number
  flock(fd: number, operation: number): number
  listxattrat(dirFd: number, name: Pointer, flags: number, into: Pointer, bytes: number): number
  llistxattr(path: Pointer, into: Pointer, bytes: number): number
  flistxattr(fd: number, into: Pointer, bytes: number): number
  lgetxattr(path: Pointer, attribute: Pointer, into: Pointer, bytes: number): number
  fgetxattr(fd: number, attribute: Pointer, into: Pointer, bytes: number): number
  lsetxattr(path: Pointer, attribute: Pointer, value: Pointer, bytes: number, flags: number): number
  fsetxattr(fd: number, attribute: Pointer, value: Pointer, bytes: number, flags: number): number
  fremovexattr(fd: number, attribute: Pointer): number
  /** glibc's alone: absent where the C library has another allocator. 1 when it was set. */
  readonly mallopt?: (parameter: number, value: number) => number
}

/** The calls that every C library of the platform has. */
type Everywhere = Omit<CLibrary, 'mallopt'>

interface Signature {
  readonly result: CType
  readonly parameters: readonly CType[]
  /** Set for a call that older C libraries do not export: its number for syscall(2). */
  readonly number?: number
}

interface LoadedLibrary {
  readonly calls: CLibrary
  readonly errno: () => number
}

const MACHINES = ['x64', 'arm64', 'riscv64', 'loong64']

let loaded: LoadedLibrary | undefined

/**
 * The bound C library; the first call loads koffi.
 * @throws {UnsupportedError} when the platform is not bound or koffi has no binary for it
 */
export function libc(): CLibrary {
  loaded ??= load()
  return loaded.calls
}

/**
 * Passes a result on unless it says failure.
 * @param path name or path for the error's `path` field
 * @throws {PosixError} when `result` is negative; it must be the last call made through `libc()`
 */
export function check(result: number, syscall: string, path?: Uint8Array | string): number {
  if (result < 0) throw lastError(syscall, path)
  return result
}

/** The failure of the last call made through `libc()`, as an error to throw or to look at. */
export function lastError(syscall: string, path?: Uint8Array | string): PosixError {
  loaded ??= load()
  return new PosixError(loaded.errno(), syscall, path)
}

function load(): LoadedLibrary {
  if (process.platform !== 'linux' || !MACHINES.includes(process.arch)) {
    throw new UnsupportedError('libc', `not bound on ${process.platform} ${process.arch}`)
  }
  try {
    // koffi takes 8 to 20 ms to load: a command that touches no file must not pay for it.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    return { calls: bindAll(koffi.load(null)), errno: () => koffi.errno() }
  } catch (cause) {
    throw new UnsupportedError('libc', 'koffi could not be loaded', { cause })
  }
}

function bindAll(library: Koffi.LibraryHandle): CLibrary {
  const bound = Object.entries(signatures()).map(([name, signature]) => [name, bind(library, name, signature)])
  return { ...(Object.fromEntries(bound) as unknown as Everywhere), ...bindMallopt(library) }
}

function bindMallopt(library: Koffi.LibraryHandle): Pick<CLibrary, 'mallopt'> {
  try {
    return { mallopt: library.func('mallopt', 'int', ['int', 'int']) as NonNullable<CLibrary['mallopt']> }
  } catch {
    return {} // musl has none
  }
}

function bind(library: Koffi.LibraryHandle, name: string, signature: Signature): unknown {
  const { result, parameters, number } = signature
  if (number === undefined) return library.func(name, result, [...parameters])
  const syscall = library.func('syscall', result, ['int64_t', ...parameters])
  return (...values: readonly unknown[]): unknown => syscall(number, ...values)
}

// int64_t stands for ssize_t and off_t: koffi's own ssize_t turns −1 into a large positive number.
function signatures(): Record<keyof Everywhere, Signature> {
  const numbers = syscallNumbers()
  return {
    openat: { result: 'int', parameters: ['int', 'const void *', 'int', 'uint'] },
    mkdirat: { result: 'int', parameters: ['int', 'const void *', 'uint'] },
    symlinkat: { result: 'int', parameters: ['const void *', 'int', 'const void *'] },
    readlinkat: { result: 'int64_t', parameters: ['int', 'const void *', 'void *', 'size_t'] },
    linkat: { result: 'int', parameters: ['int', 'const void *', 'int', 'const void *', 'int'] },
    unlinkat: { result: 'int', parameters: ['int', 'const void *', 'int'] },
    renameat2: { result: 'int', parameters: ['int', 'const void *', 'int', 'const void *', 'uint'] },
    mknodat: { result: 'int64_t', parameters: ['int', 'const void *', 'uint', 'uint'], number: numbers.mknodat },
    fchownat: { result: 'int', parameters: ['int', 'const void *', 'uint', 'uint', 'int'] },
    utimensat: { result: 'int', parameters: ['int', 'const void *', 'const void *', 'int'] },
    futimens: { result: 'int', parameters: ['int', 'const void *'] },
    statx: { result: 'int', parameters: ['int', 'const void *', 'int', 'uint', 'void *'] },
    getdents64: { result: 'int64_t', parameters: ['int', 'void *', 'size_t'], number: numbers.getdents64 },
    lseek: { result: 'int64_t', parameters: ['int', 'int64_t', 'int'] },
    syncfs: { result: 'int', parameters: ['int'] },
    sync_file_range: { result: 'int', parameters: ['int', 'int64_t', 'int64_t', 'uint'] },
    posix_fadvise: { result: 'int', parameters: ['int', 'int64_t', 'int64_t', 'int'] },
    fallocate: { result: 'int', parameters: ['int', 'int', 'int64_t', 'int64_t'] },
    flock: { result: 'int', parameters: ['int', 'int'] },
    listxattrat: { result: 'int64_t', parameters: ['int', 'const void *', 'uint', 'void *', 'size_t'], number: numbers.listxattrat },
    llistxattr: { result: 'int64_t', parameters: ['const void *', 'void *', 'size_t'] },
    flistxattr: { result: 'int64_t', parameters: ['int', 'void *', 'size_t'] },
    lgetxattr: { result: 'int64_t', parameters: ['const void *', 'const void *', 'void *', 'size_t'] },
    fgetxattr: { result: 'int64_t', parameters: ['int', 'const void *', 'void *', 'size_t'] },
    lsetxattr: { result: 'int', parameters: ['const void *', 'const void *', 'const void *', 'size_t', 'int'] },
    fsetxattr: { result: 'int', parameters: ['int', 'const void *', 'const void *', 'size_t', 'int'] },
    fremovexattr: { result: 'int', parameters: ['int', 'const void *'] },
  }
}

// mknodat and getdents64 came to glibc in 2.33 and 2.30; listxattrat (Linux 6.13) is in none yet.
function syscallNumbers(): { mknodat: number; getdents64: number; listxattrat: number } {
  const listxattrat = 465
  return process.arch === 'x64' ? { mknodat: 259, getdents64: 217, listxattrat } : { mknodat: 33, getdents64: 61, listxattrat }
}
