// `cairn repair`: makes derived data anew. There is one kind of it in a repository: the index.

import type { Session } from '../../src/control/session/session.ts'
import type { RepairIndexOptions, RepairIndexOutcome } from '../../src/operations/repair/repair-index.ts'
import { colour, plural } from '../output/human.ts'
import { printableLine } from '../output/path-text.ts'
import { type CommandContext, defineCommand, defineGroup } from '../run.ts'

const index = defineCommand({
  command: 'index',
  describe: "make the index of chunks anew from the packs' own directories",
  examples: [
    ['cairn repair index --dry-run', 'say what is bad or missing'],
    ['cairn repair index', 'write what is missing; a second run finds nothing to do'],
  ],
  exits: ['partial', 'no-repository', 'key', 'access', 'stop', 'store'],
  notes:
    'For owners; an AI agent may only look, with --dry-run. Nothing is deleted: bad segments are superseded and stay in the store. Where others than owners ' +
    'could write, packs that nobody attested are read in full before they are announced.',
  builder: (yargs) => yargs.option('dry-run', { type: 'boolean', default: false, describe: 'say what would be done; write nothing' }),
  async run({ dryRun }, context) {
    const { output, signal } = context
    const session = await context.openSession()
    const { refuseAgent } = await import('../../src/control/access/authorize.ts')
    if (!dryRun) await refuseAgent(session, 'repair index', {}, 'Run it with --dry-run, which is allowed, and let a person repair.')
    const outcome = await repaired(session, context, {
      dryRun,
      signal,
      onProgress: ({ packs, packsIndexed }) => output.progress.show(`${plural(packs, 'pack')} looked at, ${packsIndexed} indexed`),
    })
    output.result({ dryRun, ...outcome }, () => (output.quiet ? '' : repairText(outcome, dryRun)))
    return outcome.unreadable.length === 0 ? 'done' : 'partial'
  },
})

async function repaired(session: Session, { output }: CommandContext, options: RepairIndexOptions): Promise<RepairIndexOutcome> {
  const { repairIndex } = await import('../../src/operations/repair/repair-index.ts')
  const run = (): Promise<RepairIndexOutcome> => repairIndex(session.repository, options)
  if (options.dryRun === true) return run()
  const { audited } = await import('../../src/control/audit/audited.ts')
  return audited(
    session,
    ['repair_completed', 'repair_failed'],
    {
      details: { repaired: 'index' },
      completed: ({ packs, packsIndexed, segments, superseded, unreadable }) => ({
        packs,
        packsIndexed,
        segments: segments.length,
        superseded: superseded.length,
        unreadable: unreadable.length,
      }),
      remark: (text) => output.warning(printableLine(text)),
    },
    run,
  )
}

function repairText(outcome: RepairIndexOutcome, dryRun: boolean): string {
  const { packs, packsIndexed, packsProven, unreadable, missingPacks, segments, superseded, kept } = outcome
  const done = packsIndexed === 0 && superseded.length === 0
  return [
    `${plural(packs, 'pack')} in the store`,
    ...(done ? ['The index names them all: nothing to do.'] : []),
    ...(packsIndexed === 0
      ? []
      : [`${plural(packsIndexed, 'pack')} ${dryRun ? 'to be indexed' : `indexed in ${plural(segments.length, 'new segment')}`}`]),
    ...(packsProven === 0 ? [] : [`${plural(packsProven, 'of these packs was', 'of these packs were')} read in full first`]),
    ...superseded.map((segment) => `${dryRun ? 'to be superseded' : 'superseded'}: ${problemLine(segment)}`),
    ...kept.map((segment) => colour('yellow', `left in use, since it alone knows of packs that do not open: ${problemLine(segment)}`)),
    ...unreadable.map((pack) => colour('red', `cannot be indexed: ${problemLine(pack)}`)),
    ...(missingPacks === 0 ? [] : [colour('red', `${plural(missingPacks, 'pack')} that the index names: missing from the store`)]),
    ...(superseded.length === 0 ? [] : ['Nothing was deleted: superseded segments stay in the store and are ignored.']),
    ...(unreadable.length + missingPacks === 0 ? [] : ["See what that harms with 'cairn verify'."]),
  ].join('\n')
}

function problemLine({ object, message }: { readonly object: string; readonly message: string }): string {
  return `${object}: ${printableLine(message)}`
}

export const command = defineGroup({
  command: 'repair',
  describe: 'make derived data anew: repair index',
  examples: [['cairn repair index --dry-run', 'say what is bad or missing']],
  commands: [index],
})
