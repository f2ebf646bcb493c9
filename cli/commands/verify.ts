// `cairn verify`: whether everything that the journal promises can be read; what is wrong, and whom it harms.

import type { Session } from '../../src/control/session/session.ts'
import { UsageError } from '../../src/errors.ts'
import type { VerifyMemory, VerifyOptions, VerifyOutcome } from '../../src/operations/verify/verify.ts'
import { resolveSnapshot } from '../../src/repository/journal/snapshot-names.ts'
import type { ExitName } from '../exit-codes.ts'
import { humanBytes } from '../output/human.ts'
import { printableLine } from '../output/path-text.ts'
import { humanVerify, verifyResult } from '../output/verify.ts'
import { defineCommand } from '../run.ts'
import { SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'verify [snapshot]',
  describe: 'check that everything can be read',
  examples: [
    ['cairn verify', 'journal, manifests, trees, and that every chunk has its place'],
    ['cairn verify --data', 'read and prove every byte as well'],
    ['cairn verify --sample 5%', 'a share of the data, what was verified longest ago first'],
    ['cairn verify latest --json', 'one snapshot, for programs'],
  ],
  exits: ['no-repository', 'key', 'stop', 'not-found', 'integrity', 'store', 'cancelled'],
  notes: SNAPSHOT_NOTE,
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('snapshot', { type: 'string', describe: 'only this one; all, unless named' })
      .option('data', { type: 'boolean', default: false, describe: 'read and prove all data' })
      .option('sample', { type: 'string', requiresArg: true, describe: 'read and prove this share of the data, as 5%' }),
  async run({ snapshot, data, sample }, { openSession, output, signal }) {
    if (data && sample !== undefined)
      throw new UsageError('verify-usage', 'Either --data or --sample, not both.', { hint: '--data reads everything.' })
    const share = data ? 1 : shareOf(sample)
    const session = await openSession()
    const { verify } = await import('../../src/operations/verify/verify.ts')
    const options: VerifyOptions = {
      ...(snapshot !== undefined && { snapshot: resolveSnapshot(session.repository.journal.state, snapshot) }),
      ...(share !== undefined && { dataShare: share }),
      memory: memoryOf(session),
      onProgress: ({ phase, done, total, bytes }) =>
        output.progress.show(`${phase}: ${done} of ${total}${bytes > 0 ? `, ${humanBytes(bytes)}` : ''}`),
      signal,
    }
    const outcome = await verify(session.repository, options)
    await record(session, outcome, (text) => output.warning(printableLine(text)))
    output.result(verifyResult(outcome), () => (output.quiet && outcome.ok ? '' : humanVerify(outcome)))
    const exit: ExitName = outcome.ok ? 'done' : 'integrity'
    return exit
  },
})

function shareOf(sample: string | undefined): number | undefined {
  if (sample === undefined) return undefined
  const share = Number(/^(\d+(?:\.\d+)?)%$/.exec(sample)?.[1]) / 100
  if (share > 0 && share <= 1) return share
  throw new UsageError('sample', `${sample} is no share of the data.`, { hint: 'Write a percentage above 0, at most 100: --sample 5%' })
}

function memoryOf({ catalog, repository }: Session): VerifyMemory {
  return {
    verified: () => catalog.verifiedPacks(repository.id),
    remember: (packs) => catalog.rememberVerified(repository.id, packs),
    forget: (packs) => catalog.forgetVerified(repository.id, packs),
  }
}

async function record(session: Session, outcome: VerifyOutcome, remark: (text: string) => void): Promise<void> {
  const { audit } = await import('../../src/control/audit/audit.ts')
  const { tell } = await import('../../src/control/audit/audited.ts')
  const details = { packs: outcome.data?.packs ?? 0, snapshots: outcome.snapshots, problems: outcome.problems.length }
  tell(remark, await audit(session, outcome.ok ? 'verify_completed' : 'verify_failed', details))
}
