// What the kernel says of a file.

/** A point in time: whole seconds since 1970, negative before it, and 0 to 999,999,999 nanoseconds on top. */
export interface Timespec {
  readonly seconds: number
  readonly nanoseconds: number
}

/** One file's metadata; sizes and times are exact. */
export interface FileStat {
  /** Device of the file system, as `fs.Stats.dev`. */
  readonly dev: number
  /** All 64 bits: some file systems use the high ones, and a rounded inode would join strangers as hard links. */
  readonly ino: bigint
  /** File type and permission bits, as `fs.Stats.mode`. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  /** Numbers of the device that this file stands for; 0 for other types. */
  readonly rdevMajor: number
  readonly rdevMinor: number
  readonly sizeBytes: number
  /** Units of 512 bytes that are allocated; fewer than the size needs when there are holes. */
  readonly blocks: number
  readonly mtime: Timespec
  readonly ctime: Timespec
  /** When it was made; all zero where the file system does not know. */
  readonly btime: Timespec
}

/** What tells a file from every other one, whatever path leads to it. */
export type FileIdentity = Pick<FileStat, 'dev' | 'ino'>

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev
}
