// Reads an open file until it did not change meanwhile, which its stat record tells before and after; with bounded patience. SPEC §9.2.3.

import type { StreamItem } from '../../../format/stream.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { statFd } from '../../runtime/posix/stat.ts'
import { statRecord } from '../../sources/filesystem/stat-record.ts'
import type { FileContent } from './content-layout.ts'
import type { ProblemKind } from './messages.ts'

const ATTEMPTS = 3

export const CHANGED: { readonly kind: ProblemKind; readonly message: string } = {
  kind: 'changed',
  message: 'the file changed again and again while it was read',
}

/** The last attempt: what was read, the metadata from before it, and whether it may be a mixture of old and new. */
export interface SteadyRead {
  readonly items: readonly StreamItem[]
  readonly stat: FileStat
  readonly changed: boolean
}

/** Reads through one descriptor in every attempt: what takes the file's name meanwhile changes nothing in it. @throws what `read` throws */
export async function readSteadily(fd: number, read: (stat: FileStat) => Promise<FileContent>): Promise<SteadyRead> {
  for (let attempt = 1; ; attempt++) {
    const stat = statFd(fd)
    const { items, isTorn } = await read(stat)
    const changed = isTorn || !statRecord(stat).equals(statRecord(statFd(fd)))
    if (!changed || attempt === ATTEMPTS) return { items, stat, changed }
  }
}
