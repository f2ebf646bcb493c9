import { equalBytes, type Id, toHex } from '../../../format/bytes.ts'
import { StopError } from '../../errors.ts'

/** The last entry of a journal that a client verified. SPEC §7.5 */
export interface Pin {
  readonly sequence: number
  /** The link of that sequence, which vouches for all before it (links.ts). */
  readonly hash: Id
}

/** Where a journal ends. */
export type Head = Pin

/** Whether both name the same slot. */
export function samePin(a: Pin, b: Pin): boolean {
  return a.sequence === b.sequence && equalBytes(a.hash, b.hash)
}

/** Another client's owner has to be told what this client lost. */
function acceptHint({ sequence, hash }: Pin): string {
  return (
    'Stop and find out why: a store restored from an older copy looks like this, and so does an attack. So does the original, after a copy ' +
    'of it was used from here: commit, restore and verify write into the journal of the copy. Then accept nothing yet: what the copy has more ' +
    '(its journal last) can be copied into the original as long as nothing was written there meanwhile. When a loss is known to be ' +
    `legitimate, an owner runs \`cairn journal accept\`; on another machine with --lost ${sequence}:${toHex(hash)}`
  )
}

/** The journal ends before the pinned entry. */
export function rollback(pin: Pin, head: Head): StopError {
  return new StopError(
    'journal-rollback',
    `The journal ends at entry ${head.sequence}, but entry ${pin.sequence} was verified here before: history was rolled back.`,
    { hint: acceptHint(pin), fields: evidence(pin, head) },
  )
}

/** The journal has another entry in the pinned one's place. */
export function fork(pin: Pin, found: Pin): StopError {
  return new StopError(
    'journal-fork',
    `Journal entry ${pin.sequence} is not the one that was verified here before: history was rewritten.`,
    {
      hint: acceptHint(pin),
      fields: evidence(pin, found),
    },
  )
}

/** Another repository lies where the expected one was. */
export function replaced(expected: Id, found: Id): StopError {
  return new StopError('repository-replaced', `This is repository ${toHex(found)}, not ${toHex(expected)}.`, {
    hint: 'Check the path. If the repository was replaced on purpose, name the new one with its own identity or recovery code.',
    fields: { expectedRepository: toHex(expected), foundRepository: toHex(found) },
  })
}

function evidence(pin: Pin, found: Pin): Record<string, unknown> {
  return {
    pinnedSequence: pin.sequence,
    pinnedHash: toHex(pin.hash),
    foundSequence: found.sequence,
    foundHash: toHex(found.hash),
  }
}
