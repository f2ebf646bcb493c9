// `cairn key`: who can open the repository, and who may do what.

import fs from 'node:fs'
import path from 'node:path'
import { toHex } from '../../format/bytes.ts'
import type { PlanParts } from '../../src/control/access/authorize.ts'
import { UsageError } from '../../src/errors.ts'
import type { NewKey } from '../../src/operations/key/add.ts'
import { type KeyList, type ListedMember, type ListedSlot, listKeys, type SlotTimes, slotTimes } from '../../src/operations/key/list.ts'
import type { Removal } from '../../src/operations/key/remove.ts'
import { addPlanOptions, decisionOf, PERSONS_PLAN_NOTE, planResult } from '../approval.ts'
import { bold, colour, dim, humanTime, table } from '../output/human.ts'
import { printableLine } from '../output/path-text.ts'
import { defineCommand, defineGroup } from '../run.ts'
import { seriesArgument } from '../snapshot-argument.ts'

const list = defineCommand({
  command: 'list',
  describe: 'members with their roles, and the key slots in the store',
  examples: [['cairn key list', 'who may do what, and what opens the repository']],
  exits: ['no-repository', 'key', 'stop', 'store'],
  builder: (yargs) => yargs,
  async run(_args, { openSession, output }) {
    const { repository } = await openSession()
    const keys = await listKeys(repository)
    const times = await slotTimes(repository)
    output.result(listJson(keys, times), () => listText(keys, times))
  },
})

const add = defineCommand({
  command: 'add',
  describe: 'add a way to open the repository: an identity, a passphrase, or a recovery code',
  examples: [
    ['cairn key add --new-passphrase-file pass.txt', 'a passphrase with the rights of an owner'],
    ['cairn key add --new-identity bob.json --role reader --label bob@desk', 'somebody who may restore, and nothing else'],
    ['cairn key add --new-recovery-code', 'another recovery code; remove the old one with its slot'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'store'],
  notes: 'For owners; an AI agent may not. Each new way is a member of its own, so that it can be revoked alone.',
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
    const label =
      args.label ??
      (args.newIdentity === undefined ? key.kind.replace('recovery', 'recovery code') : path.basename(args.newIdentity, '.json'))
    const session = await openSession()
    const { refuseAgent } = await import('../../src/control/access/authorize.ts')
    const { addKey } = await import('../../src/operations/key/add.ts')
    await refuseAgent(session, 'key add')
    const { slot, member } = await addKey(session.repository, { key, role: args.role, label })
    const value = {
      slot: toHex(slot.id),
      kind: slot.kind,
      member: toHex(member),
      role: args.role,
      label,
      ...(shown !== '' && { recoveryCode: shown }),
    }
    output.result(value, () =>
      [
        `Added the ${slot.kind} slot ${toHex(slot.id)}: ${printableLine(label)}, ${args.role}`,
        ...(shown === '' ? [] : [`Recovery code (print it, keep it away from this machine; it is not shown again):\n\n  ${bold(shown)}\n`]),
      ].join('\n'),
    )
  },
})

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
  const { passphraseOf } = await import('../../src/control/session/session.ts')
  return { kind: 'passphrase', passphrase: passphraseOf({ passphraseFile: newPassphraseFile, env })! }
}

async function identityKeeper(file: string) {
  const { keepIdentity } = await import('../../src/control/session/identities.ts')
  if (fs.existsSync(file))
    throw new UsageError('identity-exists', `There is a file at ${file} already.`, { hint: 'Name another file; nothing is overwritten.' })
  return async (identity: Parameters<typeof keepIdentity>[1]): Promise<void> => keepIdentity(path.resolve(file), identity)
}

const remove = defineCommand({
  command: 'remove <slot>',
  describe: 'remove a key slot, and take away the rights of its member',
  examples: [
    ['cairn key remove 91ab --plan', 'show what that means, and the digest'],
    ['cairn key remove 91ab --apply DIGEST', 'do exactly that'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'not-found', 'store'],
  notes:
    'For owners. The last slot of an owner cannot be removed. Whoever copied a slot together with its file, passphrase or code can ' +
    `still open that copy and read what is stored: the repository's read key does not change.\n\n${PERSONS_PLAN_NOTE}`,
  builder: (yargs) =>
    addPlanOptions(yargs.positional('slot', { type: 'string', demandOption: true, describe: "the beginning of the slot's id" })),
  async run(args, context) {
    const session = await context.openSession()
    const { withPlan } = await import('../../src/control/access/authorize.ts')
    const { planRemoval, removeKey } = await import('../../src/operations/key/remove.ts')
    const removal = await planRemoval(session.repository, args.slot)
    const again = async (): Promise<Uint8Array> => (await planRemoval(session.repository, toHex(removal.id))).fingerprint
    const outcome = await withPlan(session, partsOf(removal, again), decisionOf(args, context), (permit) =>
      removeKey(session.repository, removal, permit),
    )
    if (outcome.kind === 'planned') return planResult(context, outcome)
    const revoked = removal.revoked === undefined ? null : toHex(removal.revoked.id)
    context.output.result({ removed: toHex(removal.id), revoked, isOwn: removal.isOwn }, () =>
      context.output.quiet
        ? ''
        : `Removed the key slot ${toHex(removal.id)}${revoked === null ? '' : `; ${printableLine(removal.label)} is no member any more`}${removal.isOwn ? '. It was the key in use: it opens nothing any more' : ''}`,
    )
  },
})

function partsOf({ id, key, kind, label, revoked, isOwn }: Removal, fingerprint: () => Promise<Uint8Array>): PlanParts {
  const loses = revoked === undefined ? 'Nobody loses rights with it.' : `${revoked.label} (${revoked.roles.join(', ')}) loses all rights.`
  return {
    operation: 'key remove',
    objects: [`slot ${toHex(id)}`, ...(revoked === undefined ? [] : [`member ${toHex(revoked.id)}`])],
    destroys: [key],
    target: key,
    fingerprint,
    series: '',
    consequence: `The key slot of '${label}' (${kind}) is deleted for ever. ${isOwn ? 'This is the key that you are using. ' : ''}${loses} Copies of the slot that others made still open.`,
  }
}

const exportWriter = defineCommand({
  command: 'export',
  describe: 'make an identity for a machine that may only write',
  examples: [
    ['cairn key export --writer --series db1,db1-config -o db1.json --label root@db1', 'it commits to these two series, and reads nothing'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'store'],
  notes:
    'For owners; an AI agent may not. Take the file to the other machine and name it there with --identity or CAIRN_IDENTITY. It ' +
    'cannot read, restore, verify, tag, change members, or commit to another series.',
  builder: (yargs) =>
    yargs
      .option('writer', { type: 'boolean', demandOption: true, describe: 'with the rights of a writer (the only ones that are exported)' })
      .option('series', { type: 'string', requiresArg: true, demandOption: true, describe: 'names of its series, joined by commas' })
      .option('output', { alias: 'o', type: 'string', requiresArg: true, demandOption: true, describe: 'the file; it must not exist' })
      .option('label', { type: 'string', requiresArg: true, describe: 'what people call it' }),
  async run(args, { openSession, output }) {
    if (!args.writer)
      throw new UsageError('writer-only', 'Only a writer can be exported.', {
        hint: 'For a reader or owner: cairn key add --new-identity FILE.',
      })
    const keep = await identityKeeper(args.output)
    const series = args.series.split(',').map((name) => seriesArgument(name.trim()))
    const label = args.label ?? path.basename(args.output, '.json')
    const session = await openSession()
    const { refuseAgent } = await import('../../src/control/access/authorize.ts')
    const { exportWriter: make } = await import('../../src/operations/key/add.ts')
    await refuseAgent(session, 'key export')
    const { slot, member } = await make(session.repository, { series, label, keep })
    output.result({ identityFile: path.resolve(args.output), slot: toHex(slot.id), member: toHex(member), series, label }, () =>
      output.quiet ? '' : `Made ${args.output}: ${printableLine(label)} may commit to ${series.join(', ')}`,
    )
  },
})

function listJson({ members, slots, missing, damaged }: KeyList, times: SlotTimes): object {
  return {
    members: members.map(({ id, label, roles, series, isOwn }) => ({ member: toHex(id), label, roles, series: series ?? null, isOwn })),
    slots: slots.map(({ slot, label, known, isOwn }) => ({
      slot: toHex(slot.id),
      kind: slot.kind,
      member: toHex(slot.member),
      label,
      added: times(slot) ?? null,
      known,
      isOwn,
    })),
    missing: missing.map(({ slot, label }) => ({ slot: toHex(slot), label })),
    damaged,
  }
}

function listText({ members, slots, missing, damaged }: KeyList, times: SlotTimes): string {
  return [
    table([['member', 'label', 'roles', 'series'], ...members.map(memberRow)]),
    '',
    table([['slot', 'kind', 'member', 'added (UTC)', 'label', ''], ...slots.map((each) => slotRow(each, times))]),
    ...missing.map(({ slot, label }) => colour('red', `missing from the store: slot ${toHex(slot)} (${printableLine(label)})`)),
    ...damaged.map((key) => colour('red', `damaged: ${key}`)),
  ].join('\n')
}

function memberRow({ id, label, roles, series, isOwn }: ListedMember): string[] {
  return [
    toHex(id).slice(0, 16),
    `${printableLine(label)}${isOwn ? dim(' (you)') : ''}`,
    roles.join(', '),
    series === undefined ? 'any' : series.join(', '),
  ]
}

function slotRow({ slot, label, known, member }: ListedSlot, times: SlotTimes): string[] {
  const added = times(slot)
  const remark =
    known === 'unknown' ? colour('red', 'nobody vouches for it') : member === undefined ? colour('yellow', 'of nobody who is a member') : ''
  return [
    toHex(slot.id).slice(0, 16),
    slot.kind,
    toHex(slot.member).slice(0, 16),
    added === undefined ? '' : humanTime(added).slice(0, 16),
    printableLine(label),
    remark,
  ]
}

export const command = defineGroup({
  command: 'key',
  describe: 'who can open the repository: list, add, remove, export',
  commands: [list, add, remove, exportWriter],
})
