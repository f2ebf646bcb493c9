// `cairn.json`, the clear hints: they refuse early with a good message, and must not contradict the journal. SPEC §5.1, §9.1.1

import { type Id, toHex } from '../../format/bytes.ts'
import { LIMITS } from '../../format/limits.ts'
import { decodeRepositoryJson, type RepositoryJson } from '../../format/repository-json.ts'
import { REPOSITORY_JSON } from '../../format/store-key.ts'
import { FormatError, StopError } from '../errors.ts'
import type { ObjectStore } from './store/object-store.ts'

const HINTS_WRONG =
  `The journal is that of the repository that this machine knows, so ${REPOSITORY_JSON} was damaged or replaced. It holds hints only: put it ` +
  'back from a copy of the store, or move it away, and the repository opens without it.'

const ONE_WRONG =
  `One of them was damaged or replaced. Compare both with another copy of the store. When an identity file names the journal's repository, ` +
  `it is ${REPOSITORY_JSON} that is wrong: it holds hints only, so move it away.`

/**
 * Checks the hints of a repository, where there are any; `isKnown` when this client knows the journal's repository.
 * @throws {StopError} `newer-repository`, `repository-replaced`; {FormatError} when the file is broken.
 */
export async function checkRepositoryJson(store: ObjectStore, repository: Id, { isKnown }: { readonly isKnown: boolean }): Promise<void> {
  const bytes = await store.get(REPOSITORY_JSON, { maxBytes: LIMITS.smallObjectBytes })
  if (bytes === undefined) return
  const { repository: named, features } = readHints(bytes, store.location)
  if (features.read.length > 0) {
    throw newer(`This repository needs the feature ${features.read[0]} to read`, { features: features.read })
  }
  if (Buffer.from(named).equals(repository)) return
  throw new StopError(
    'repository-replaced',
    `${REPOSITORY_JSON} names repository ${toHex(named).slice(0, 16)}, the journal begins ${toHex(repository).slice(0, 16)}.`,
    {
      hint: isKnown ? HINTS_WRONG : ONE_WRONG,
      fields: { expected: toHex(named), found: toHex(repository) },
    },
  )
}

function readHints(bytes: Buffer, location: string): RepositoryJson {
  try {
    return decodeRepositoryJson(bytes)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const where = `${REPOSITORY_JSON} in ${location}`
    if (error.code === 'repository-json-version') throw newer(`${where} is ${error.message}`, {}, error)
    throw new FormatError(error.code, `${where} is broken: ${error.message}.`, {
      hint: 'It holds hints only. Put it back from a copy of the store, or move it away: the repository opens without it.',
      cause: error,
    })
  }
}

function newer(what: string, fields: Readonly<Record<string, unknown>>, cause?: unknown): StopError {
  return new StopError('newer-repository', `${what}, which this version does not have.`, {
    hint: 'Update this program; nothing was changed.',
    fields,
    cause,
  })
}
