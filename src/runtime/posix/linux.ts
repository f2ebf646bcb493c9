// Numbers of the Linux ABI that node:fs does not export; the same on every machine that library.ts binds.
export const AT_FDCWD = -100
export const AT_SYMLINK_NOFOLLOW = 0x100
export const AT_REMOVEDIR = 0x200
export const AT_NO_AUTOMOUNT = 0x800
export const AT_EMPTY_PATH = 0x1000
export const O_CLOEXEC = 0o2000000
export const O_PATH = 0o10000000
export const RENAME_NOREPLACE = 1
export const RENAME_EXCHANGE = 2
export const SEEK_SET = 0
export const SEEK_DATA = 3
export const SEEK_HOLE = 4
export const UTIME_OMIT = 0x3ffffffe
export const STATX_BASIC_STATS = 0x7ff
export const STATX_BTIME = 0x800
