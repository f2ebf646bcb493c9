// `cairn commit`: captures paths, or a stream, into a new snapshot of a series.

import fs from 'node:fs'
import os from 'node:os'
import { addAbortSignal, type Readable } from 'node:stream'
import { toHex } from '../../format/bytes.ts'
import type { Session } from '../../src/control/session/session.ts'
import { UsageError } from '../../src/errors.ts'
import type { CommitOptions, CommitOutcome } from '../../src/operations/commit/commit.ts'
import { userName } from '../../src/runtime/user.ts'
import { commitFacts, saidFacts } from '../commit-facts.ts'
import { excludePatterns, sourceOf } from '../commit-options.ts'
import { captureCache, seriesOf, sourceCheck } from '../commit-scope.ts'
import type { ExitName } from '../exit-codes.ts'
import { CommitProgressLine, dryRunResult, ownDirectoryLine, printCommit, printDryRun, problemLine } from '../output/commit.ts'
import { printableLine } from '../output/path-text.ts'
import { type CommandContext, defineCommand } from '../run.ts'

export const command = defineCommand({
  command: 'commit [path..]',
  describe: 'back up: make a snapshot of files, or of a stream',
  examples: [
    ['cairn commit ~/work -m "before the migration"', 'one directory; its path names the series'],
    ['cairn commit /etc /home --name laptop --exclude "*.tmp"', 'several paths need a series name'],
    ['pg_dump shop | cairn commit --stdin shop.sql', 'a stream as one file'],
    ['cairn commit ~/work --dry-run', 'say what would be read, store nothing'],
  ],
  exits: ['partial', 'no-repository', 'lease', 'key', 'access', 'stop', 'integrity', 'store'],
  notes:
    'Without --name the absolute path names the series: without its first slash, and with a dash for a blank and for whatever else is none of A-Z a-z 0-9 . _ / - ' +
    '(/home/me/My Files is home/me/My-Files); log, restore and the others take that path as well. ' +
    'CAIRN_ACTOR says who acts: person:NAME, agent:NAME or schedule:NAME. Entries that cannot be read are recorded in the ' +
    'snapshot and listed; the exit code is then 3. What is named is backed up: --exclude, --exclude-caches and --one-file-system leave out what lies below it, never the path itself nor what leads to it. The repository itself is left out when it lies in what is backed up. In front of --stdin use `set -o pipefail`: a program that fails half way ends its ' +
    'stream like one that is done, and only the shell sees that the dump is cut short.',
  builder: (yargs) =>
    yargs
      .positional('path', { type: 'string', array: true, describe: 'what to back up' })
      .option('name', { type: 'string', requiresArg: true, describe: 'series; default: of the path, when it is one' })
      .option('message', { alias: 'm', type: 'string', requiresArg: true, describe: 'what this snapshot is about; up to 16 KiB' })
      .option('tag', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'K=V to keep with the snapshot, V up to 4 KiB; may be repeated',
      })
      .option('source', { type: 'string', requiresArg: true, describe: 'where the change came from, as "AI Refactor Task-12"' })
      .option('environment', { type: 'string', requiresArg: true, describe: 'as production, staging' })
      .option('request-id', { type: 'string', requiresArg: true, describe: 'the request or ticket behind it' })
      .option('application-version', { type: 'string', requiresArg: true, describe: 'version of what is backed up' })
      .option('storage-spec-version', { type: 'string', requiresArg: true, describe: 'version of its storage layout' })
      .option('exclude', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'leave out what this gitignore pattern matches below the paths',
      })
      .option('exclude-file', { type: 'string', array: true, requiresArg: true, describe: 'file with gitignore patterns' })
      .option('exclude-caches', { type: 'boolean', default: false, describe: 'leave out what lies beside a CACHEDIR.TAG' })
      .option('one-file-system', { type: 'boolean', default: false, describe: 'leave out other file systems mounted below each path' })
      .option('stdin', { type: 'string', requiresArg: true, describe: 'back up standard input as a file of this name' })
      .option('reread', { type: 'boolean', default: false, describe: 'read every file again, also those that look unchanged' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be read, and what cannot be; store nothing' }),
  async run(args, context) {
    const said = saidFacts(args)
    const source = await sourceOf(args)
    const patterns = excludePatterns(args)
    const session = await context.openSession()
    const series = await seriesOf(session, args, source)
    const { excludesOf } = await import('../../src/sources/filesystem/excludes.ts')
    const { selectionOf } = await import('../../src/sources/filesystem/selection.ts')
    const host = os.hostname()
    const createdBy = session.repository.journal.member(session.repository.signing.memberId)?.label ?? userName()
    const { openCache, rereads, keep, drop } = await captureCache(session, args, source, series, patterns)
    const options: CommitOptions = {
      root: source.root,
      ...(source.stdin !== undefined && { stdin: { name: source.stdin, stream: addAbortSignal(context.signal, standardInput()) } }),
      facts: commitFacts(said, { series, host, actor: session.actor, createdBy, excludes: patterns }),
      assertSource: await sourceCheck(args, source),
      isExcluded: excludesOf(patterns, selectionOf(source.root.roots)),
      excludeCaches: args.excludeCaches,
      oneFileSystem: args.oneFileSystem,
      openCache,
      rereads,
      onOwnDirectory: (path) => context.output.note(ownDirectoryLine(path)),
      damagedPacks: session.catalog.damagedPacks(session.repository.id),
      signal: context.signal,
    }
    let kept = false
    try {
      if (args.dryRun) return await dryRun(session, options, context)
      const outcome = await commitNow(session, options, context, ({ reliesOn }) => {
        keep(reliesOn)
        kept = true
      })
      return outcome.manifest.complete ? 'done' : 'partial'
    } finally {
      if (!kept) drop()
    }
  },
})

/** Standard input as a stream; what node cannot classify, such as a block device, it takes for an empty one. */
function standardInput(): Readable {
  const stat = fs.fstatSync(0)
  if (stat.isDirectory()) throw new UsageError('stdin', 'Standard input is a directory.', { hint: 'Name it as a path to back it up.' })
  return stat.isBlockDevice() || stat.isFile() ? fs.createReadStream('', { fd: 0, autoClose: false }) : process.stdin
}

/** `onStanding` is told as soon as the snapshot stands: whatever goes wrong after that takes nothing back. */
async function commitNow(
  session: Session,
  options: CommitOptions,
  { output }: CommandContext,
  onStanding: (outcome: CommitOutcome) => void,
): Promise<CommitOutcome> {
  const { commit } = await import('../../src/operations/commit/commit.ts')
  const { auditedBackup } = await import('../../src/control/audit/audited.ts')
  const before = session.repository.journal.state.heads.get(options.facts.series)
  const line = new CommitProgressLine(output, before?.details.bytes)
  const warnings: string[] = []
  const remark = (text: string): void => {
    warnings.push(text)
    output.warning(printableLine(text))
  }
  const run = async (): Promise<CommitOutcome> => {
    const outcome = await commit(session.repository, {
      ...options,
      onProgress: (progress) => line.show(progress),
      onProblem: (problem) => output.warning(problemLine(problem)),
      onRemark: remark,
    })
    onStanding(outcome)
    return outcome
  }
  const outcome = await auditedBackup(
    session,
    {
      details: { series: options.facts.series },
      completed: ({ manifestId, manifest }) => ({
        snapshot: toHex(manifestId),
        files: manifest.statistics.files,
        problems: manifest.problemCount,
      }),
      remark,
    },
    run,
  )
  printCommit(output, outcome, warnings)
  return outcome
}

async function dryRun(session: Session, options: CommitOptions, { output }: CommandContext): Promise<ExitName> {
  const { dryRunCommit } = await import('../../src/operations/commit/dry-run.ts')
  const found = await dryRunCommit(session.repository, {
    ...options,
    onProblem: (problem) => output.warning(problemLine(problem)),
  })
  output.result(dryRunResult(options.facts.series, found), () => printDryRun(options.facts.series, found))
  return found.problemCount === 0 ? 'done' : 'partial'
}
