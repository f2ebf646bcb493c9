// `cairn restore`: puts a snapshot, or a part of one, into a directory.

import path from 'node:path'
import { toHex } from '../../format/bytes.ts'
import type { RestoreOutcome } from '../../src/operations/restore/restore.ts'
import { pathParts } from '../../src/operations/snapshot-tree.ts'
import { resolveSnapshot, splitSnapshotPath } from '../../src/repository/journal/snapshot-names.ts'
import { parsePathText } from '../output/path-text.ts'
import { RestoreProgressLine, restoreJson, restorePlanJson, restorePlanText, restoreProblemLine, restoreText } from '../output/restore.ts'
import { defineCommand } from '../run.ts'
import { PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'restore <snapshot>',
  describe: 'put a snapshot, or a part of it, into a directory',
  examples: [
    ['cairn restore latest --to /tmp/back', 'into a fresh or empty directory'],
    ['cairn restore laptop:etc --to /tmp/etc --include "*.conf"', 'a part of it'],
    ['cairn restore latest --to /tmp/back --dry-run', 'say what would be done'],
  ],
  exits: ['partial', 'no-repository', 'key', 'access', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} ${PATH_NOTE}`,
  builder: (yargs) =>
    yargs
      .positional('snapshot', { type: 'string', demandOption: true, describe: 'SNAPSHOT or SNAPSHOT:PATH' })
      .option('to', { type: 'string', requiresArg: true, demandOption: true, describe: 'directory in which it is to appear' })
      .option('include', { type: 'string', array: true, requiresArg: true, describe: 'only what this gitignore pattern matches; may be repeated' })
      .option('keep-going', { type: 'boolean', default: false, describe: 'leave out what is damaged, and say so, instead of stopping' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be done; write nothing' }),
  async run(args, { openSession, output, signal }) {
    const { planRestore, runRestore } = await import('../../src/operations/restore/restore.ts')
    const { auditedRestore } = await import('../../src/control/audit/audited.ts')
    const session = await openSession()
    const { repository } = session
    const { name, path: below } = splitSnapshotPath(args.snapshot)
    const plan = await planRestore(repository, resolveSnapshot(repository.journal.state, name), {
      to: path.resolve(args.to),
      path: pathParts(parsePathText(below ?? '')),
      ...(args.include !== undefined && { include: args.include }),
      keepGoing: args.keepGoing,
      signal,
    })
    if (args.dryRun) {
      output.result({ dryRun: true, ...restorePlanJson(plan) }, () => `Dry run: nothing was written\n${restorePlanText(plan)}`)
      return 'done'
    }
    const line = new RestoreProgressLine(output)
    const run = () =>
      runRestore(repository, plan, {
        keepGoing: args.keepGoing,
        signal,
        onProgress: (progress) => line.show(progress),
        onProblem: (problem) => output.warning(restoreProblemLine(problem)),
      })
    const work = {
      details: { snapshot: toHex(plan.snapshot.manifest), target: plan.to },
      completed: ({ files, problemCount }: RestoreOutcome) => ({ files, problems: problemCount }),
      remark: (text: string) => output.warning(text),
    }
    const outcome = await auditedRestore(session, work, run)
    output.result(restoreJson(plan, outcome), () => (output.quiet ? '' : restoreText(plan, outcome)))
    return outcome.complete ? 'done' : 'partial'
  },
})
