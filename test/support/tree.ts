// Trees for tests: what a directory holds, as plain data, read from the disk or from a snapshot, so that the two can be compared.

import fs from 'node:fs'
import type { Entry } from '../../format/tree.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { statPath } from '../../src/runtime/posix/stat.ts'
import { readXattrs } from '../../src/runtime/posix/xattr.ts'

/** One line for each entry: everything that a backup must keep, hard links as the first path of their group. */
export type TreeLines = readonly string[]

interface Line {
  readonly path: string
  readonly type: number
  readonly mode: number
  readonly owner: string
  readonly mtime: string
  readonly content?: string
  readonly target?: string
  readonly device?: string
  readonly xattrs?: string
  readonly link?: string
}

const TYPE_OF_MODE = new Map([
  [0o100000, 1],
  [0o040000, 2],
  [0o120000, 3],
  [0o010000, 4],
  [0o140000, 5],
  [0o020000, 6],
  [0o060000, 7],
])

/** What lies below a directory on disk, itself included as the empty path. */
export function linesOnDisk(directory: string): TreeLines {
  const links = new Map<string, string>()
  const lines: string[] = []
  const visit = (at: Buffer, path: string): void => {
    const stat = statPath(at)
    const type = TYPE_OF_MODE.get(stat.mode & 0o170000)!
    const group = `${stat.dev}:${stat.ino}`
    const isLinked = stat.nlink > 1 && type !== 2
    if (isLinked && !links.has(group)) links.set(group, path)
    const xattrs = readXattrs(at).map(({ name, value }) => `${name.toString('hex')}=${value.toString('hex')}`)
    lines.push(
      text({
        path,
        type,
        mode: stat.mode & 0o7777,
        owner: `${stat.uid}:${stat.gid}`,
        mtime: `${stat.mtime.seconds}.${stat.mtime.nanoseconds}`,
        ...(type === 1 && { content: `${stat.sizeBytes}:${sha256(fs.readFileSync(at)).toString('hex')}` }),
        ...(type === 3 && { target: fs.readlinkSync(at, { encoding: 'buffer' }).toString('latin1') }),
        ...((type === 6 || type === 7) && { device: `${stat.rdevMajor}:${stat.rdevMinor}` }),
        ...(xattrs.length > 0 && { xattrs: xattrs.join(',') }),
        ...(isLinked && { link: links.get(group)! }),
      }),
    )
    if (type !== 2) return
    const names = fs.readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare)
    for (const name of names) visit(Buffer.concat([at, Buffer.from('/'), name]), join(path, name.toString('latin1')))
  }
  visit(Buffer.from(directory), '')
  return lines
}

/** What a snapshot holds, read chunk by chunk through the repository. */
export async function linesInSnapshot(repository: Repository, snapshot: SnapshotRecord): Promise<TreeLines> {
  const links = new Map<string, string>()
  const lines: string[] = []
  const visit = async (entry: Entry, path: string): Promise<void> => {
    const group = entry.link === undefined ? undefined : Buffer.from(entry.link).toString('hex')
    if (group !== undefined && !links.has(group)) links.set(group, path)
    lines.push(text(await lineOf(repository, entry, path, group === undefined ? undefined : links.get(group))))
    if (entry.type !== 2) return
    for await (const child of repository.readTree(entry.content!))
      await visit(child, join(path, Buffer.from(child.name).toString('latin1')))
  }
  await visit((await repository.readManifest(snapshot)).root, '')
  return lines
}

async function lineOf(repository: Repository, entry: Entry, path: string, link: string | undefined): Promise<Line> {
  const xattrs: string[] = []
  for (const { name, value } of entry.xattrs ?? []) {
    const bytes = value instanceof Uint8Array ? Buffer.from(value) : await whole(repository.readFile(value))
    xattrs.push(`${Buffer.from(name).toString('hex')}=${bytes.toString('hex')}`)
  }
  const bytes = entry.type === 1 ? await whole(repository.readFile(entry.content!)) : undefined
  return {
    path,
    type: entry.type,
    mode: entry.mode,
    owner: `${entry.uid}:${entry.gid}`,
    mtime: `${entry.mtime.seconds}.${entry.mtime.nanoseconds}`,
    ...(bytes !== undefined && { content: `${bytes.length}:${sha256(bytes).toString('hex')}` }),
    ...(entry.target !== undefined && { target: Buffer.from(entry.target).toString('latin1') }),
    ...(entry.device !== undefined && { device: `${entry.device.major}:${entry.device.minor}` }),
    ...(xattrs.length > 0 && { xattrs: xattrs.join(',') }),
    ...(link !== undefined && { link }),
  }
}

async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

function text(line: Line): string {
  return JSON.stringify(line)
}
