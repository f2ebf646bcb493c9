// `cairn status`: the repository at a glance.

import { toHex } from '../../format/bytes.ts'
import { packsStillThere, type SeriesStatus, type Status, status } from '../../src/operations/status/status.ts'
import { now } from '../../src/runtime/clock.ts'
import { colour, humanBytes, humanCount, humanDuration, plural, right, table } from '../output/human.ts'
import { printableLine } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'

export const command = defineCommand({
  command: 'status',
  describe: 'show the repository at a glance, and who you are in it',
  examples: [
    ['cairn status', 'series, last snapshots, your role'],
    ['cairn status --json', 'the same for programs'],
  ],
  exits: ['no-repository', 'key', 'stop', 'store'],
  reads: true,
  builder: (yargs) => yargs,
  async run(_args, { openSession, output }) {
    const { waitingEvents } = await import('../../src/control/audit/audit.ts')
    const session = await openSession()
    const found = status(session.repository)
    const waiting = session.repository.keys.signing === undefined ? 0 : await waitingEvents(session)
    const damagedPacks = await packsStillThere(session.repository, session.catalog.damagedPacks(session.repository.id))
    output.result({ ...statusJson(found), waitingEvents: waiting, damagedPacks }, () => humanStatus(found, waiting, damagedPacks))
  },
})

function statusJson(found: Status): object {
  const { member, series, head, repository, ...rest } = found
  return {
    repository: toHex(repository),
    ...rest,
    journal: { entries: entriesOf(found), sequence: head.sequence, hash: toHex(head.hash) },
    member: member === undefined ? null : { id: toHex(member.id), label: member.label, roles: member.roles },
    series: series.map(({ name, snapshots, head: { manifest, details } }) => ({
      name,
      snapshots,
      snapshot: toHex(manifest),
      createdAt: details.createdAt,
      files: details.files,
      bytes: details.bytes,
      complete: details.complete,
    })),
  }
}

/** As `verify` counts them: void slots are none. */
function entriesOf({ head, voids }: Status): number {
  return head.sequence + 1 - voids.length
}

function humanStatus(found: Status, waiting: number, damagedPacks: number): string {
  const { repository, name, location, head, replayedFrom, member, canRead, members, snapshots, tags, series, voids } = found
  const who = member === undefined ? 'no member' : `${printableLine(member.label)} (${member.roles.join(', ')})`
  const from = replayedFrom.from === 'checkpoint' ? `, verified from the checkpoint at ${replayedFrom.sequence}` : ''
  return [
    `repository  ${printableLine(name)} ${toHex(repository).slice(0, 16)}`,
    `at          ${printableLine(location)}`,
    `you         ${who}${canRead ? '' : ', without the read key'}`,
    `journal     ${plural(entriesOf(found), 'valid entry', 'valid entries')}, up to ${head.sequence}${from}`,
    `holds       ${plural(snapshots, 'snapshot')}, ${plural(tags, 'tag')}, ${plural(members, 'member')}`,
    ...(voids.length === 0
      ? []
      : [colour('yellow', `void slots  ${voids.map(({ sequence, reason }) => `${sequence} (${reason})`).join(', ')}`)]),
    ...(damagedPacks === 0
      ? []
      : [colour('red', `damage      ${plural(damagedPacks, 'pack')} found damaged by this machine: 'cairn verify' says what that harms`)]),
    ...(waiting === 0 ? [] : [colour('yellow', `waiting     ${plural(waiting, 'log record')} on this machine, for the store to take`)]),
    ...(series.length === 0 ? ["No snapshots yet. Make one with 'cairn commit PATH'."] : ['', humanSeries(series)]),
  ].join('\n')
}

function humanSeries(series: readonly SeriesStatus[]): string {
  const rows = series.map(({ name, snapshots, head: { manifest, details } }) => [
    name,
    right(humanCount(snapshots)),
    toHex(manifest).slice(0, 8),
    `${humanDuration(Math.max(0, now() - details.createdAt))} ago`,
    right(humanCount(details.files)),
    right(humanBytes(details.bytes)),
    details.complete ? '' : colour('yellow', plural(details.problemCount, 'problem')),
  ])
  return table([['series', right('snapshots'), 'newest', 'made', right('files'), right('size'), ''], ...rows])
}
