// What is mounted at a directory and below it, as the kernel's table of this process says (proc_pid_mountinfo(5)). Mounts of other
// namespaces are not in it: they cannot be reached through the directory either. All paths are bytes, as latin1 text.

import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

interface Mount {
  readonly parent: string
  readonly device: string
  /** The directory of its file system that is seen at its path. */
  readonly root: string
  readonly path: string
}

/** A directory by its file system: a bind mount leads to the same place by another path, and what is mounted there moves along. */
interface MountedPlace {
  readonly volume: string
  readonly path: string
}

/** Whether something is mounted at a name of an open directory. A bind mount of the same file system does not show in its device. */
export function isMountPoint(parentFd: number, name: string): boolean {
  const { place, mounted } = lookUp(parentFd, name)
  return mounted.some(({ at }) => at.volume === place.volume && at.path === place.path)
}

/** Paths of the mount points below a name of an open directory, which would move along with it. */
export function mountsBelow(parentFd: number, name: string): string[] {
  return below(lookUp(parentFd, name))
}

/** Paths of the mount points in an open directory, which may be one itself. */
export function mountsIn(directoryFd: number): string[] {
  return below(lookUp(directoryFd, ''))
}

interface Found {
  readonly place: MountedPlace
  readonly mounted: readonly { readonly at: MountedPlace; readonly path: string }[]
}

function below({ place, mounted }: Found): string[] {
  const begin = place.path === '/' ? '/' : `${place.path}/`
  const found = mounted.filter(({ at }) => at.volume === place.volume && at.path !== place.path && at.path.startsWith(begin))
  return found.map(({ path }) => Buffer.from(path, 'latin1').toString())
}

function lookUp(parentFd: number, name: string): Found {
  const mounts = readMounts()
  const path = join(readlinkSync(`/proc/self/fd/${parentFd}`, 'latin1'), Buffer.from(name).toString('latin1'))
  const mounted = [...mounts.values()].map(({ parent, path }) => ({ at: placeIn(mounts, parent, path), path }))
  return { place: placeIn(mounts, mountOf(parentFd), path), mounted }
}

function placeIn(mounts: ReadonlyMap<string, Mount>, id: string, path: string): MountedPlace {
  const mount = mounts.get(id)
  // In a chroot, the mount that it lies in is not in the table.
  if (mount === undefined) return { volume: `mount ${id}`, path }
  return { volume: mount.device, path: join(mount.root, path.slice(mount.path.length)) }
}

function mountOf(fd: number): string {
  return /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? ''
}

function readMounts(): Map<string, Mount> {
  const mounts = new Map<string, Mount>()
  for (const line of readFileSync('/proc/self/mountinfo', 'latin1').split('\n')) {
    const [id = '', parent = '', device = '', root = '', path = ''] = line.split(' ').map(unescapeOctal)
    if (path !== '') mounts.set(id, { parent, device, root, path })
  }
  return mounts
}

/** Space, tab, newline and backslash are written as octal there. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
