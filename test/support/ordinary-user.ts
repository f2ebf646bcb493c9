// Permissions mean nothing to root: what they forbid is tested as somebody else.

import fs from 'node:fs'

const NOBODY = 65_534

/** Runs the work as a user who is not root and owns these paths: as nobody when this process is root's, else as it is. */
export async function asOrdinaryUser<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return work()
  for (const path of paths) fs.chownSync(path, NOBODY, NOBODY)
  process.seteuid!(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
  }
}
