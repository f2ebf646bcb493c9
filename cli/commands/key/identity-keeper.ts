import fs from 'node:fs'
import path from 'node:path'
import type { IdentityFile } from '../../../format/identity-file.ts'
import { UsageError } from '../../../src/errors.ts'

/** What keeps a new identity in a file. @throws {UsageError} `identity-exists`, `file-parent`, before anything is made. */
export async function identityKeeper(file: string): Promise<(identity: IdentityFile) => Promise<void>> {
  const { assertDirectoryOf } = await import('../../../src/control/session/named-file.ts')
  const { keepIdentity } = await import('../../../src/control/session/identities.ts')
  if (fs.existsSync(file))
    throw new UsageError('identity-exists', `There is a file at ${file} already.`, { hint: 'Name another file; nothing is overwritten.' })
  assertDirectoryOf(file)
  return async (identity) => keepIdentity(path.resolve(file), identity)
}
