import path from 'node:path'
import { assertOutside } from '../src/targets/kept-out.ts'

/** @throws {UsageError} `own-place` when a secret would lie in the repository that it opens, for whoever holds the store to read. */
export function assertApartFromRepository(file: string | undefined, repository: string): void {
  if (file !== undefined)
    assertOutside(path.resolve(file), [{ path: repository, what: 'the repository: whoever holds that could open it' }])
}
