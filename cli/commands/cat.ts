// `cairn cat`: prints a file of a snapshot.

import { UsageError } from '../../src/errors.ts'
import { catAt } from '../../src/operations/cat/cat.ts'
import { ofSnapshot } from '../../src/operations/snapshot-tree.ts'
import { notePartial } from '../output/partial.ts'
import { pathJson } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'
import { openSnapshot, PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'cat <file>',
  describe: 'print a file of a snapshot',
  examples: [
    ['cairn cat latest:etc/hosts', 'as it was last backed up'],
    ['cairn cat shop~3:shop.sql | psql shop', 'a stream that was backed up'],
  ],
  exits: ['no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} ${PATH_NOTE} With --json: a line for each piece, {"offset", "base64"}, and at the end one with path and size.`,
  reads: true,
  builder: (yargs) => yargs.positional('file', { type: 'string', demandOption: true, describe: 'SNAPSHOT:PATH' }),
  async run(args, { openSession, output, signal }) {
    const session = await openSession()
    const { snapshot, manifest, path } = await openSnapshot(session, args.file)
    if (path.length === 0)
      throw new UsageError('no-path', 'No file was named.', { hint: 'Write SNAPSHOT:PATH, as in: cairn cat latest:etc/hosts' })
    notePartial(output, [snapshot])
    const pieces = ofSnapshot(snapshot, catAt(session.repository, manifest.root, path, signal), path)
    let offset = 0
    for await (const piece of pieces) {
      if (output.json) await output.bytes(`${JSON.stringify({ offset, base64: piece.toString('base64') })}\n`)
      else await output.bytes(piece)
      offset += piece.length
    }
    output.result({ snapshot: snapshot.manifest, ...pathJson(path), size: offset }, () => '')
  },
})
