// `cairn init`: makes a repository, and the owner's identity for it.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { userName } from '../../src/runtime/user.ts'
import { warnOfShort } from '../new-passphrase.ts'
import { noteOpenPlaces } from '../open-places.ts'
import { noteOpenSecrets } from '../options.ts'
import { initText } from '../output/init.ts'
import type { Output } from '../output/output.ts'
import { defineCommand } from '../run.ts'
import { assertApartFromRepository } from '../secret-place.ts'
import { limitedText } from '../text-limits.ts'

export const command = defineCommand({
  command: 'init [path]',
  describe: 'make a repository',
  examples: [
    ['cairn init /mnt/backup/cairn', 'make a repository, and print its recovery code'],
    ['cairn init --repo /mnt/cairn --passphrase-file pass.txt', 'one that a passphrase opens, too'],
    ['cairn init /mnt/cairn --recovery-code-file code.txt', 'put the recovery code into a file, not on the terminal'],
  ],
  exits: ['store'],
  notes:
    "The owner's identity is kept in a file under CAIRN_HOME, or where --identity says. The recovery code opens the repository " +
    'when every identity is lost: print it, and keep it away from this machine. Nobody can recover it.',
  builder: (yargs) =>
    yargs
      .positional('path', { type: 'string', describe: 'where to make it; in place of --repo' })
      .option('name', { type: 'string', requiresArg: true, describe: 'what people call it (the name of its directory)' })
      .option('label', { type: 'string', requiresArg: true, describe: 'what people call you in it (user@host)' }),
  async run(args, { env, output }) {
    const { repositoryLocation, passphraseOf } = await import('../../src/control/session/session.ts')
    const { openHome } = await import('../../src/control/session/home.ts')
    const { identityPath, keepIdentity } = await import('../../src/control/session/identities.ts')
    const { assertDirectoryOf } = await import('../../src/control/session/named-file.ts')
    const { assertNoRemains } = await import('../../src/control/session/missing-repository.ts')
    const { storePath } = await import('../../src/repository/store/open-store.ts')
    const { init } = await import('../../src/operations/init/init.ts')
    const { assertNoRepository } = await import('../../src/repository/journal/genesis.ts')
    const { Catalog } = await import('../../src/control/catalog/catalog.ts')
    if (args.path !== undefined && args.repo !== undefined)
      throw new UsageError('two-places', 'Two places were named for the repository.', { hint: 'Name it once: as PATH, or with --repo.' })
    const label = limitedText('--label', args.label ?? `${userName()}@${os.hostname()}`)
    const location = repositoryLocation({ repo: args.path ?? args.repo, env })
    const passphrase = passphraseOf({ passphraseFile: args.passphraseFile, env })
    const named = args.identity ?? (env['CAIRN_IDENTITY'] || undefined)
    for (const file of [args.recoveryCodeFile, named]) {
      assertApartFromRepository(file, storePath(location))
      if (file !== undefined) assertDirectoryOf(file)
    }
    const home = openHome(env)
    noteOpenPlaces(home, output)
    const catalog = new Catalog(home.directory) // before the repository is made: a full disk must not come between it and its code
    noteOpenSecrets([args.passphraseFile], output)
    if (passphrase !== undefined) warnOfShort(passphrase, output)
    const { store, emptied } = await newStore(location)
    let code: SecretFile | undefined
    let identityFile = ''
    const undo = (): void => {
      code?.discard()
      emptied()
    }
    const made = await unlessRefused(undo, async () => {
      await assertNoRepository(store)
      await assertNoRemains(store)
      if (args.recoveryCodeFile !== undefined) code = openSecretFile(args.recoveryCodeFile)
      return init(store, {
        name: args.name ?? path.basename(store.location),
        label,
        ...(passphrase !== undefined && { passphrase }),
        keepIdentity: async (identity) => {
          identityFile = named ?? identityPath(home, identity.repository)
          keepIdentity(identityFile, identity, {
            setting: args.identity === undefined && named !== undefined ? 'CAIRN_IDENTITY' : undefined,
          })
        },
      })
    })
    code?.write(made.recoveryCode)
    const repository = toHex(made.repository)
    const recovery = args.recoveryCodeFile === undefined ? { recoveryCode: made.recoveryCode } : { recoveryCodeFile: args.recoveryCodeFile }
    output.result({ repository, location: store.location, identityFile, passphrase: passphrase !== undefined, ...recovery }, () =>
      initText({ ...made, repository, location: store.location, identityFile, recoveryCodeFile: args.recoveryCodeFile }, output.quiet),
    )
    noteFormer(catalog.repositoryAt(store.location), output)
    catalog.setPlace(store.location, made.repository)
    catalog.close()
    await store.close()
  },
})

/** A disk that is not mounted leaves a place as empty as a repository that was removed. */
function noteFormer(former: Uint8Array | undefined, output: Output): void {
  if (former === undefined) return
  output.warning(
    `Another repository, ${toHex(former).slice(0, 16)}, was there when this machine last looked. If its disk is only not mounted, remove the new one before you mount it.`,
  )
}

interface SecretFile {
  readonly write: (text: string) => void
  /** Removes the file, in which nothing stands yet. */
  readonly discard: () => void
}

/** Makes the file before the repository, so that the code cannot be lost for want of a place. */
function openSecretFile(file: string): SecretFile {
  let fd: number
  try {
    fd = fs.openSync(file, 'wx', 0o600)
  } catch (cause) {
    throw new UsageError('secret-file', `The file ${file} for the recovery code cannot be made.`, {
      hint: 'Name a file that does not exist yet.',
      cause,
    })
  }
  return {
    write(text) {
      fs.writeFileSync(fd, `${text}\n`)
      fs.fsyncSync(fd)
      fs.closeSync(fd)
    },
    discard() {
      fs.closeSync(fd)
      fs.unlinkSync(file)
    },
  }
}

/** The store, and what takes its directory away again, when it was made here and nothing lies in it. */
async function newStore(location: string): Promise<{ readonly store: ObjectStore; readonly emptied: () => void }> {
  const { assertParent, isAbsent, openStore } = await import('../../src/repository/store/open-store.ts')
  assertParent(location)
  const isMade = isAbsent(location)
  const store = await openStore(location, { create: true })
  return { store, emptied: () => isMade && removeIfEmpty(store.location) }
}

function removeIfEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}

async function unlessRefused<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    undo()
    throw error
  }
}
