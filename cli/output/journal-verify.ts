// What `journal verify` tells.

import { toHex } from '../../format/bytes.ts'
import type { PlaceVerification } from '../../src/operations/journal/verify-place.ts'
import type { Pin } from '../../src/repository/journal/pins.ts'
import { colour, plural } from './human.ts'
import { printableLine } from './path-text.ts'

/** What was found, for programs. */
export function journalVerifyJson({
  ok,
  repository,
  isExpected,
  freshness,
  pin,
  entries,
  head,
  voids,
  problems,
  accepted,
}: PlaceVerification): object {
  const pinJson = (of: Pin | undefined): object | null => (of === undefined ? null : { sequence: of.sequence, hash: toHex(of.hash) })
  return {
    ok,
    repository: repository ?? null,
    isExpected,
    freshness,
    pin: pinJson(pin),
    entries,
    head: pinJson(head),
    voids,
    problems,
    accepted,
  }
}

/** What was found, for people. */
export function journalVerifyText(found: PlaceVerification): string {
  const { ok, repository, isExpected, entries, head, problems, accepted } = found
  return [
    ...(repository === undefined
      ? []
      : [`repository  ${toHex(repository)}${isExpected ? '' : '  (nothing here says whether it is the right one: --expect ID)'}`]),
    ...(head === undefined ? [] : [`journal     ${plural(entries, 'valid entry', 'valid entries')}, up to ${head.sequence}`]),
    isOther(found) ? 'freshness   unknown: this is not the repository that was expected' : freshnessText(found),
    ...problems.map(({ code, message }) => colour('red', `problem     ${code}: ${printableLine(message)}`)),
    ...accepted.map(({ code, message, acceptedAt }) =>
      colour('yellow', `accepted    ${code}: ${printableLine(message)} An owner accepted that in entry ${acceptedAt}.`),
    ),
    ok ? colour('green', 'The journal is in order.') : colour('red', 'The journal is NOT in order.'),
  ].join('\n')
}

function isOther({ problems }: PlaceVerification): boolean {
  return problems.some(({ code }) => code === 'repository-replaced')
}

function freshnessText({ freshness, pin }: PlaceVerification): string {
  switch (freshness) {
    case 'pinned':
      return `freshness   holds entry ${pin?.sequence}, the last that was verified on this machine`
    case 'lost':
      return `freshness   does NOT hold entry ${pin?.sequence}, which was verified on this machine`
    case 'unknown':
      return pin === undefined
        ? 'freshness unknown: this machine never verified this repository, so an older copy would look the same'
        : `freshness unknown: the replay did not come to entry ${pin.sequence}, which was verified on this machine`
  }
}
