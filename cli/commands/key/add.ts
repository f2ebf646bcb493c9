// `cairn key add`: another way to open the repository.

import path from 'node:path'
import { toHex } from '../../../format/bytes.ts'
import { UsageError } from '../../../src/errors.ts'
import type { NewKey } from '../../../src/operations/key/add.ts'
import { warnOfShort } from '../../new-passphrase.ts'
import { noteOpenSecrets } from '../../options.ts'
import { recoveryCodeText } from '../../output/init.ts'
import { printableLine } from '../../output/path-text.ts'
import { defineCommand } from '../../run.ts'
import { assertApartFromRepository } from '../../secret-place.ts'
import { limitedText } from '../../text-limits.ts'
import { identityKeeper } from './identity-keeper.ts'

export const add = defineCommand({
  command: 'add',
  describe: 'add a way to open the repository: an identity, a passphrase, or a recovery code',
  examples: [
    ['cairn key add --new-passphrase-file pass.txt', 'a passphrase with the rights of an owner'],
    ['cairn key add --new-identity bob.json --role reader --label bob@desk', 'somebody who may restore, and nothing else'],
    ['cairn key add --new-recovery-code', 'another recovery code; remove the old one with its slot'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'store'],
  notes: 'For owners; neither an AI agent nor a scheduled job may. Each new way is a member of its own, so that it can be revoked alone.',
  builder: (yargs) =>
    yargs
      .option('new-identity', { type: 'string', requiresArg: true, describe: 'file for a new identity; it must not exist' })
      .option('new-passphrase-file', { type: 'string', requiresArg: true, describe: 'file with the new passphrase' })
      .option('new-recovery-code', {
        type: 'boolean',
        default: false,
        describe: 'make another recovery code and print it; it goes into no file',
      })
      .option('role', { choices: ['owner', 'reader'] as const, default: 'owner' as const, describe: 'what the new member may do' })
      .option('label', { type: 'string', requiresArg: true, describe: 'what people call it' }),
  async run(args, { env, openSession, output }) {
    let shown = ''
    const key = await newKey(args, env, (code) => {
      shown = code
    })
    const label = limitedText('--label', args.label ?? defaultLabel(args, key))
    const session = await openSession()
    assertApartFromRepository(args.newIdentity, session.store.location)
    const { refuseUnlessPerson } = await import('../../../src/control/access/authorize.ts')
    const { addKey } = await import('../../../src/operations/key/add.ts')
    await refuseUnlessPerson(session, 'key add')
    noteOpenSecrets([args.newPassphraseFile], output)
    if (key.kind === 'passphrase') warnOfShort(key.passphrase, output)
    const { slot, member } = await addKey(session.repository, { key, role: args.role, label })
    const value = {
      slot: toHex(slot.id),
      kind: slot.kind,
      member: toHex(member),
      role: args.role,
      label,
      ...(args.newIdentity !== undefined && { identityFile: path.resolve(args.newIdentity) }),
      ...(shown !== '' && { recoveryCode: shown }),
    }
    output.result(value, () =>
      [
        ...(output.quiet ? [] : addedLines(`${slot.kind} slot ${toHex(slot.id)}: ${printableLine(label)}, ${args.role}`, args)),
        ...(shown === '' ? [] : [recoveryCodeText(shown)]),
      ].join('\n'),
    )
  },
})

function addedLines(what: string, { newIdentity }: AddArgs): string[] {
  return [`Added the ${what}`, ...(newIdentity === undefined ? [] : [`  its file is ${printableLine(path.resolve(newIdentity))}`])]
}

function defaultLabel({ newIdentity }: AddArgs, { kind }: NewKey): string {
  return newIdentity === undefined ? kind.replace('recovery', 'recovery code') : path.basename(newIdentity, '.json')
}

interface AddArgs {
  readonly newIdentity: string | undefined
  readonly newPassphraseFile: string | undefined
  readonly newRecoveryCode: boolean
}

/** What the options ask for. @throws {UsageError} when that is nothing, or several things. */
async function newKey(
  { newIdentity, newPassphraseFile, newRecoveryCode }: AddArgs,
  env: NodeJS.ProcessEnv,
  show: (code: string) => void,
): Promise<NewKey> {
  if ([newIdentity, newPassphraseFile, newRecoveryCode || undefined].filter((given) => given !== undefined).length !== 1) {
    throw new UsageError('key-kind', 'One thing at a time: --new-identity, --new-passphrase-file or --new-recovery-code.', {
      hint: 'See: cairn key add --help',
    })
  }
  if (newIdentity !== undefined) return { kind: 'identity', keep: await identityKeeper(newIdentity) }
  if (newPassphraseFile === undefined) return { kind: 'recovery', keep: async (code) => show(code) }
  const { passphraseOf } = await import('../../../src/control/session/session.ts')
  return { kind: 'passphrase', passphrase: passphraseOf({ passphraseFile: newPassphraseFile, env })! }
}
