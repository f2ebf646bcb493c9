// `cairn ls`: lists a directory of a snapshot.

import { list } from '../../src/operations/list/list.ts'
import { ofSnapshot } from '../../src/operations/snapshot-tree.ts'
import { entryJson, longLine, shortLine } from '../output/entry.ts'
import { notePartial } from '../output/partial.ts'
import { defineCommand } from '../run.ts'
import { openSnapshot, PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'ls <snapshot>',
  describe: 'list what is in a snapshot',
  examples: [
    ['cairn ls latest', 'its root'],
    ['cairn ls laptop:etc/nginx -l', 'a directory, with owners, sizes and times'],
    ['cairn ls latest~1 --recursive', 'everything'],
  ],
  exits: ['no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} ${PATH_NOTE}`,
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('snapshot', { type: 'string', demandOption: true, describe: 'SNAPSHOT or SNAPSHOT:PATH' })
      .option('long', { alias: 'l', type: 'boolean', default: false, describe: 'with mode, owner, size and time' })
      .option('recursive', { alias: 'R', type: 'boolean', default: false, describe: 'with everything below' }),
  async run(args, { openSession, output, signal }) {
    const session = await openSession()
    const { snapshot, manifest, path } = await openSnapshot(session, args.snapshot)
    notePartial(output, [snapshot])
    const entries = ofSnapshot(snapshot, list(session.repository, manifest.root, path, { recursive: args.recursive, signal }))
    await output.list({ snapshot: snapshot.manifest }, 'entries', entries, { json: entryJson, human: args.long ? longLine : shortLine })
  },
})
