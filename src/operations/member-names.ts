// How people name a member of the repository: the beginning of the id, or the label.

import { toHex } from '../../format/bytes.ts'
import { NotFoundError, StopError } from '../errors.ts'
import type { JournalMember, JournalState } from '../repository/journal/state.ts'

const ID_PREFIX = /^[0-9a-f]{4,64}$/

/**
 * The member that a text names.
 * @throws {NotFoundError} `member-not-found`; {StopError} `ambiguous-member` when it could be several.
 */
export function memberNamed({ members }: JournalState, name: string): JournalMember {
  const all = [...members.values()]
  const labelled = all.filter(({ label }) => label === name)
  const prefix = name.toLowerCase()
  const found = labelled.length > 0 || !ID_PREFIX.test(prefix) ? labelled : all.filter(({ id }) => toHex(id).startsWith(prefix))
  const [only, another] = found
  if (only === undefined) {
    throw new NotFoundError('member-not-found', `There is no member '${name}'.`, {
      hint: "'cairn key list' shows the members.",
      fields: { name },
    })
  }
  if (another === undefined) return only
  throw new StopError(
    'ambiguous-member',
    `'${name}' could be ${found.length} members: ${found.map(({ id }) => toHex(id).slice(0, 16)).join(', ')}.`,
    {
      hint: 'Give more digits of the id.',
      fields: { name, candidates: found.map(({ id }) => toHex(id)) },
    },
  )
}
