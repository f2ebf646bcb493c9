// Reads as much of a snapshot as still can be read, and says what is lost: the measure of a damage.

import { toHex } from '../../format/bytes.ts'
import type { Entry } from '../../format/tree.ts'
import { FormatError, IntegrityError } from '../../src/errors.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import type { Repository } from '../../src/repository/repository.ts'

/** What one snapshot still gives. Paths are latin1 text; the root is the empty path. */
export interface Salvaged {
  /** Everything that stands in the entry of a path, and the hash of its content. */
  readonly found: Map<string, string>
  /** Paths whose content could not be read; what lies below a lost directory is neither found nor lost. */
  readonly lost: Map<string, Error>
}

/** @throws whatever is not damage of what is stored: a defect of the reader. */
export async function salvage(repository: Repository, snapshot: SnapshotRecord): Promise<Salvaged> {
  const salvaged: Salvaged = { found: new Map(), lost: new Map() }
  const visit = async (entry: Entry, path: string): Promise<void> => {
    const facts = await orLost(salvaged, path, () => factsOf(repository, entry))
    if (facts !== undefined) salvaged.found.set(path, facts)
    if (entry.type !== 2) return
    const children = await orLost(salvaged, path, () => Array.fromAsync(repository.readTree(entry.content!)))
    for (const child of children ?? []) await visit(child, `${path}/${Buffer.from(child.name).toString('latin1')}`)
  }
  const manifest = await orLost(salvaged, '', () => repository.readManifest(snapshot))
  if (manifest !== undefined) await visit(manifest.root, '')
  for (const path of salvaged.lost.keys()) salvaged.found.delete(path)
  return salvaged
}

/** Whether an error says that stored bytes are lost or wrong. */
export function isDamage(error: unknown): error is Error {
  return error instanceof IntegrityError || error instanceof FormatError
}

async function factsOf(repository: Repository, entry: Entry): Promise<string> {
  const { content, xattrs, ...plain } = entry
  const hash = entry.type === 1 ? sha256(...(await Array.fromAsync(repository.readFile(content!)))) : Buffer.alloc(0)
  const values = (xattrs ?? []).map(({ name, value }) => [name, value instanceof Uint8Array ? value : value.size])
  return JSON.stringify([plain, hash, values], (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value))
}

async function orLost<T>(salvaged: Salvaged, path: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isDamage(error)) throw error
    salvaged.lost.set(path, error)
    return undefined
  }
}
