import { readdirSync, type StatsFs, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { STAGING_NAME } from './stale-staging.ts'
import type { Replacing } from './target-state.ts'

/** File systems that may compress what is written, by the number that statfs gives: btrfs, bcachefs, ZFS, f2fs. */
const COMPRESSING = new Set([0x9123683e, 0xca451a4e, 0x2fc12fc1, 0xf2f52010])
/** Any other may lie below it, and is not told. */
const OVERLAY = 0x794c7630

/**
 * Bytes that are free where a target is to lie; undefined where that does not tell whether data fits: on a file system that may
 * compress it or keeps no count, and beside a killed restore's directory, which the next restore clears away. A target that stays is
 * itself where the new tree is built.
 */
export function roomAt(target: string, replacing?: Replacing): number | undefined {
  const parent = replacing === 'contents' ? resolve(target) : dirname(resolve(target))
  const found = statfsOrNone(parent)
  if (found === undefined || found.blocks === 0 || compresses(found)) return undefined
  if (readdirSync(parent).some((name) => STAGING_NAME.test(name))) return undefined
  return found.bsize * (process.geteuid!() === 0 ? found.bfree : found.bavail)
}

/** Whether the file system of a path may compress what is written; it may where it does not say. */
export function mayCompress(path: string): boolean {
  const found = statfsOrNone(path)
  return found === undefined || compresses(found) || found.type >>> 0 === OVERLAY
}

function compresses({ type }: StatsFs): boolean {
  return COMPRESSING.has(type >>> 0)
}

/** A parent that may not be looked at is told of when something is made in it. */
function statfsOrNone(parent: string): StatsFs | undefined {
  try {
    return statfsSync(parent)
  } catch {
    return undefined
  }
}
