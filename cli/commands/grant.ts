// `cairn grant`: what an owner allows a scheduled job beforehand.

import path from 'node:path'
import { toHex } from '../../format/bytes.ts'
import { GRANTABLE } from '../../src/control/access/grants.ts'
import { UsageError } from '../../src/errors.ts'
import { issueGrant, listGrants, revokeGrant } from '../../src/operations/grant/grant.ts'
import { memberNamed } from '../../src/operations/member-names.ts'
import type { JournalGrant, JournalState } from '../../src/repository/journal/state.ts'
import { table } from '../output/human.ts'
import { printableLine } from '../output/path-text.ts'
import { defineCommand, defineGroup } from '../run.ts'
import { seriesArgument } from '../snapshot-argument.ts'

const issue = defineCommand({
  command: 'issue',
  describe: 'allow a member to do one thing to one target, without a person',
  examples: [
    ["cairn grant issue --command restore --target /srv/shop --member drill@db1 --reason 'nightly drill'", 'replace that directory'],
    ['cairn grant issue --command restore --target /srv/shop --member 5c1f --series shop', 'only with snapshots of that series'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'not-found', 'store'],
  notes: `For owners; neither an AI agent nor a scheduled job may. What can be granted: ${GRANTABLE.join(', ')}. Each use is recorded in the journal.`,
  builder: (yargs) =>
    yargs
      .option('command', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: "the command: restore (with --replace), or 'restore --replace-contents'",
      })
      .option('target', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'the directory that may be replaced, or of which the contents may',
      })
      .option('member', { type: 'string', requiresArg: true, demandOption: true, describe: "who may: a member's id or label" })
      .option('series', { type: 'string', requiresArg: true, describe: 'only with snapshots of this series' })
      .option('reason', { type: 'string', requiresArg: true, default: '', describe: 'why; kept in the journal' }),
  async run({ command: granted, target, member: name, series, reason }, { openSession, output }) {
    if (!GRANTABLE.includes(granted)) {
      throw new UsageError('not-grantable', `'${granted}' cannot be granted beforehand.`, { hint: `What can: ${GRANTABLE.join(', ')}.` })
    }
    const session = await openSession()
    const { refuseUnlessPerson } = await import('../../src/control/access/authorize.ts')
    await refuseUnlessPerson(session, 'grant issue')
    const member = memberNamed(session.repository.journal.state, name)
    const place = path.resolve(target)
    const of = { member, command: granted, target: place, series: series === undefined ? '' : seriesArgument(series), reason }
    const grant = await issueGrant(session.repository, of)
    const value = { grant: toHex(grant), member: toHex(member.id), command: granted, target: place, series: of.series, reason }
    output.result(value, () =>
      output.quiet
        ? ''
        : `Issued the grant ${toHex(grant)}: ${printableLine(member.label)} may ${granted} ${printableLine(place)}${ofSeries(of.series)}`,
    )
    if (of.series !== '' && !session.repository.journal.state.heads.has(of.series))
      output.note(`There is no series ${of.series} yet: the grant is of use when it has a snapshot.`)
  },
})

function ofSeries(series: string): string {
  return series === '' ? '' : `, with snapshots of ${series}`
}

const list = defineCommand({
  command: 'list',
  describe: 'the grants that hold',
  examples: [['cairn grant list', 'who may do what to which target']],
  exits: ['no-repository', 'key', 'stop', 'store'],
  reads: true,
  builder: (yargs) => yargs,
  async run(_args, { openSession, output }) {
    const { repository } = await openSession()
    const { state } = repository.journal
    const grants = listGrants(repository)
    output.result({ grants: grants.map(json) }, () => human(grants, state))
  },
})

const revoke = defineCommand({
  command: 'revoke <grant>',
  describe: 'take a grant back',
  examples: [['cairn grant revoke 91ab', "by the beginning of its id: 'cairn grant list' shows it"]],
  exits: ['no-repository', 'key', 'access', 'stop', 'not-found', 'store'],
  builder: (yargs) =>
    yargs
      .positional('grant', { type: 'string', demandOption: true, describe: "the beginning of the grant's id" })
      .option('reason', { type: 'string', requiresArg: true, default: '', describe: 'why; kept in the journal' }),
  async run({ grant: name, reason }, { openSession, output }) {
    const session = await openSession()
    const { refuseAgent } = await import('../../src/control/access/authorize.ts')
    await refuseAgent(session, 'grant revoke')
    const { grant } = await revokeGrant(session.repository, name, reason)
    output.result({ revoked: toHex(grant) }, () => (output.quiet ? '' : `Revoked the grant ${toHex(grant)}`))
  },
})

function json({ grant, member, command, target, series }: JournalGrant): object {
  return { grant: toHex(grant), member: toHex(member), command, target, series }
}

function human(grants: readonly JournalGrant[], { members }: JournalState): string {
  if (grants.length === 0) return 'No grants.'
  const rows = grants.map(({ grant, member, command, target, series }) => [
    toHex(grant).slice(0, 16),
    printableLine(members.get(toHex(member))?.label ?? toHex(member).slice(0, 16)),
    printableLine(command),
    printableLine(target),
    series === '' ? 'any' : series,
  ])
  return table([['grant', 'member', 'command', 'target', 'series'], ...rows])
}

export const command = defineGroup({
  command: 'grant',
  describe: 'allow a scheduled job what a person would be asked for: issue, list, revoke',
  examples: [
    ['cairn grant issue --command restore --target /srv/shop --member drill@db1', 'that job may replace that directory'],
    ['cairn grant list', 'what holds now'],
  ],
  commands: [issue, list, revoke],
})
