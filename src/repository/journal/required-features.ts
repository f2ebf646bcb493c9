import type { FEATURE_LISTS } from '../../../format/features.ts'
import { StopError } from '../../errors.ts'
import type { JournalState } from './state.ts'

/**
 * Requires that this version knows every feature that the journal asks for. Version 1 defines none. SPEC §5.1
 * @throws {StopError} `newer-repository` when it asks for more.
 */
export function requireFeatures({ features }: JournalState, use: (typeof FEATURE_LISTS)[number]): void {
  const [unknown] = features[use]
  if (unknown !== undefined) {
    throw new StopError('newer-repository', `This repository needs the feature ${unknown} to ${use}, which this version does not have.`, {
      hint: 'Update this program; nothing was changed.',
      fields: { use, features: features[use] },
    })
  }
}
