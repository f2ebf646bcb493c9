// `cairn tag`: names for snapshots.

import { toHex } from '../../format/bytes.ts'
import { isAgent } from '../../src/control/access/actor.ts'
import { refuseAgent } from '../../src/control/access/authorize.ts'
import { UsageError } from '../../src/errors.ts'
import { isTagged, listTags, removeTag, setTag, type Tag } from '../../src/operations/tag/tag.ts'
import { resolveSnapshot } from '../../src/repository/journal/snapshot-names.ts'
import { humanTime, table } from '../output/human.ts'
import { defineCommand } from '../run.ts'
import { SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'tag [name] [snapshot]',
  describe: 'name a snapshot, list the names, or remove one',
  examples: [
    ['cairn tag before-upgrade latest', 'name the newest snapshot'],
    ['cairn tag --move good latest', 'put a name that is in use on another snapshot'],
    ['cairn tag --list', 'all tags'],
    ['cairn tag --remove before-upgrade', 'the snapshot stays'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} An AI agent may set new tags, and neither move nor remove one.`,
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', describe: 'the tag' })
      .positional('snapshot', { type: 'string', describe: 'what it shall name' })
      .option('list', { type: 'boolean', default: false, describe: 'list all tags, as without arguments' })
      .option('move', { type: 'boolean', default: false, describe: 'put NAME on SNAPSHOT also when it is on another one' })
      .option('remove', { type: 'string', requiresArg: true, describe: 'take this tag away' }),
  async run({ name, snapshot, list: asked, move, remove }, { openSession, output }) {
    const list = asked || (name === undefined && remove === undefined)
    const given = [list, remove !== undefined, name !== undefined].filter(Boolean).length
    if (given !== 1 || (name !== undefined && snapshot === undefined) || (move && name === undefined)) {
      throw new UsageError('tag-usage', 'One thing at a time: NAME SNAPSHOT (with --move or without), --list, or --remove NAME.', {
        hint: 'See: cairn tag --help',
      })
    }
    const session = await openSession()
    const { state } = session.repository.journal
    if (list) {
      const tags = listTags(state)
      output.result({ tags: tags.map(tagJson) }, () => humanTags(tags))
    } else if (remove !== undefined) {
      await refuseAgent(session, 'tag --remove', { name: remove })
      await removeTag(session.repository, remove, session.actor)
      output.result({ removed: remove }, () => (output.quiet ? '' : `Removed the tag ${remove}`))
    } else {
      const record = resolveSnapshot(state, snapshot!)
      if (state.tags.has(name!) && !isTagged(state, name!, record)) await refuseAgent(session, 'tag (move)', { name: name! })
      const isNew = await setTag(session.repository, name!, record, { actor: session.actor, mayMove: move && !isAgent(session.actor) })
      const id = toHex(record.manifest)
      output.result({ name, snapshot: id }, () =>
        output.quiet ? '' : isNew ? `Tagged ${id.slice(0, 8)} as ${name}` : `The tag ${name} is on ${id.slice(0, 8)} already`,
      )
    }
  },
})

function tagJson({ name, manifest, snapshot }: Tag): object {
  return { name, snapshot: toHex(manifest), series: snapshot?.details.series ?? null, createdAt: snapshot?.details.createdAt ?? null }
}

function humanTags(tags: readonly Tag[]): string {
  if (tags.length === 0) return 'No tags yet.'
  const rows = tags.map(({ name, manifest, snapshot }) => [
    name,
    toHex(manifest).slice(0, 8),
    snapshot === undefined ? '' : humanTime(snapshot.details.createdAt).slice(0, 19),
    snapshot?.details.series ?? '',
  ])
  return table([['tag', 'snapshot', 'time (UTC)', 'series'], ...rows])
}
