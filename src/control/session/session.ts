// A session: one command's view of the client's home, the store and the open repository. Every command comes through here, the
// scheduled ones too, so that there is one road to keys and pins.

import { toHex } from '../../../format/bytes.ts'
import { journalKey } from '../../../format/store-key.ts'
import { KeyError, StopError, UsageError } from '../../errors.ts'
import { readRecoveryCode } from '../../repository/crypto/recovery.ts'
import { openRepository, rememberHead, type Unlock } from '../../repository/open.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import { openStore } from '../../repository/store/open-store.ts'
import { actorOf } from '../access/actor.ts'
import { Catalog } from '../catalog/catalog.ts'
import { type Home, openHome } from './home.ts'
import { identityPath, readIdentity } from './identities.ts'
import { missingRepository, missingStore } from './missing-repository.ts'
import { readNamedFile, SECRET_FILE_BYTES } from './named-file.ts'

/** What the command line and the environment say about which repository and which key. */
export interface SessionOptions {
  readonly repo: string | undefined
  readonly identityFile?: string | undefined
  readonly passphraseFile?: string | undefined
  readonly recoveryCode?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** The command only reads, and goes on where the home cannot be written. */
  readonly reads?: boolean
}

export class Session {
  readonly home: Home
  readonly catalog: Catalog
  readonly store: ObjectStore
  readonly repository: Repository
  /** Who is acting: `person:NAME`, `agent:NAME` or `schedule:NAME`. */
  readonly actor: string

  private constructor(actor: string, home: Home, catalog: Catalog, store: ObjectStore, repository: Repository) {
    this.actor = actor
    this.home = home
    this.catalog = catalog
    this.store = store
    this.repository = repository
  }

  /** Opens the repository that the options name. @throws {UsageError} when none is named; else as `openRepository`. */
  static async open(options: SessionOptions): Promise<Session> {
    const location = repositoryLocation(options)
    const actor = actorOf(options.env)
    const reads = options.reads === true
    const home = openHome(options.env, { isNeeded: !reads })
    const store = await openStore(location).catch((error: unknown) => Promise.reject(missingStore(error, location, options.env)))
    const catalog = new Catalog(home.directory, { mayForget: reads })
    const expected = catalog.repositoryAt(store.location)
    const unlock = (repository: Uint8Array): Promise<Unlock> => chooseUnlock(options, home, repository)
    const repository = await openRepository({ store, ...(expected !== undefined && { expected }), unlock, memory: catalog }).catch(
      async (error: unknown) => Promise.reject(await missingRepository(atKnownPlace(error, store.location), store, expected)),
    )
    if (expected === undefined) catalog.setPlace(store.location, repository.id)
    return new Session(actor, home, catalog, store, repository)
  }

  /** Pins what this command appended or saw, and lets go of everything. */
  async close(): Promise<void> {
    rememberHead(this.catalog, this.repository.journal, this.catalog.pinOf(this.repository.id)?.pin)
    this.catalog.close()
    await this.store.close()
  }
}

/** What a person can do who meant to replace the repository: this home remembers which one lies at a place. A cairn.json that is wrong is told by its own hint. */
function atKnownPlace(error: unknown, location: string): unknown {
  if (!(error instanceof StopError) || error.fields['expectedRepository'] === undefined) return error
  return new StopError(error.code, error.message, {
    hint: `Check that the right disk is mounted at ${location}. If the repository there was replaced on purpose, open it with another CAIRN_HOME, or from another path. A damaged ${journalKey(0)} looks the same: bring it back from a copy of the store.`,
    fields: error.fields,
    cause: error,
  })
}

/** The repository's address. @throws {UsageError} `no-repository` when nobody named one. */
export function repositoryLocation(options: Pick<SessionOptions, 'repo' | 'env'>): string {
  const location = options.repo ?? options.env['CAIRN_REPO']
  if (location !== undefined && location !== '') return location
  throw new UsageError('no-repository', 'No repository was named.', { hint: 'Use --repo PATH, or set CAIRN_REPO.' })
}

/** A passphrase from a file or the environment; undefined when there is none. */
export function passphraseOf(options: Pick<SessionOptions, 'passphraseFile' | 'env'>): string | undefined {
  if (options.passphraseFile === undefined) return options.env['CAIRN_PASSPHRASE'] || undefined
  const subject = `The passphrase file ${options.passphraseFile}`
  const text = readNamedFile(options.passphraseFile, { subject, code: 'passphrase-file', mostBytes: SECRET_FILE_BYTES })
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase !== '') return passphrase
  throw new UsageError('passphrase-file', `${subject} is empty.`, { hint: 'Its first line is the passphrase.' })
}

/** What was named explicitly comes first; then the identity of this repository, which stretches no key; then a passphrase. */
export async function chooseUnlock(options: SessionOptions, home: Home, repository: Uint8Array): Promise<Unlock> {
  if (options.recoveryCode !== undefined) return recovery(options.recoveryCode, repository)
  const named = options.identityFile ?? (options.env['CAIRN_IDENTITY'] || undefined)
  const identity = readIdentity(named ?? identityPath(home, repository))
  if (identity !== undefined && !Buffer.from(identity.repository).equals(repository)) {
    throw new KeyError('identity-repository', `The identity ${named} belongs to another repository.`, {
      hint: `This repository is ${toHex(repository).slice(0, 16)}; the identity is for ${toHex(identity.repository).slice(0, 16)}.`,
    })
  }
  if (options.passphraseFile === undefined && identity !== undefined) return { kind: 'identity', identity }
  const passphrase = passphraseOf(options)
  if (passphrase !== undefined) return { kind: 'passphrase', passphrase }
  if (named !== undefined) throw noSuchFile(named)
  throw new KeyError('no-identity', `No identity for repository ${toHex(repository).slice(0, 16)} is on this machine.`, {
    hint: `It would be ${identityPath(home, repository)}. Use --identity FILE, --passphrase-file FILE or --recovery-code-file FILE.`,
  })
}

function noSuchFile(file: string): KeyError {
  return new KeyError('identity-missing', `There is no identity file ${file}.`, {
    hint: 'Check --identity or CAIRN_IDENTITY; --passphrase-file FILE and --recovery-code-file FILE open a repository, too.',
  })
}

function recovery(code: string, repository: Uint8Array): Unlock {
  const { secret, repository8 } = readRecoveryCode(code)
  if (!Buffer.from(repository8).equals(repository.subarray(0, 8))) {
    throw new KeyError('recovery-code-repository', 'This recovery code belongs to another repository.', {
      hint: 'Look for the code of this one.',
    })
  }
  return { kind: 'recovery', secret }
}
