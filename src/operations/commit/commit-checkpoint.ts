import { equalBytes } from '../../../format/bytes.ts'
import { checkpointDue, writeCheckpoint } from '../../repository/journal/checkpoints.ts'
import type { Repository } from '../../repository/repository.ts'

/**
 * Writes a checkpoint when one is due and this member is the one whom every client believes: the first of the genesis entry, while
 * it is an owner (SPEC §7.5). One by another owner would shorten nobody's start. The snapshot stands already: a failure is told.
 */
export async function checkpointAfter(repository: Repository, onRemark?: (text: string) => void): Promise<void> {
  const { journal, signing } = repository
  const isFirst = equalBytes(signing.memberId, journal.genesis.entry.member)
  if (!isFirst || !repository.isOwner(signing.memberId) || !checkpointDue(journal.state)) return
  try {
    await writeCheckpoint(journal, { journalKey: repository.writeKeys.journal, signing })
  } catch (error) {
    onRemark?.(`The snapshot stands, but the journal's checkpoint could not be written: ${(error as Error).message}`)
  }
}
