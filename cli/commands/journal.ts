// `cairn journal`: the log, its proof, and the way back after a legitimate loss.

import { fromHex, toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import { journalLog, memberLabel } from '../../src/operations/journal/journal-log.ts'
import type { PlaceVerification } from '../../src/operations/journal/verify-place.ts'
import type { Pin } from '../../src/repository/journal/pins.ts'
import { addPlanOptions, decisionOf, PERSONS_PLAN_NOTE, planResult } from '../approval.ts'
import { sessionOptions } from '../options.ts'
import { bold, colour, plural } from '../output/human.ts'
import { journalHeading, journalJson, journalText, type LabelOf } from '../output/journal.ts'
import { jsonText } from '../output/json.ts'
import { printableLine } from '../output/path-text.ts'
import { type CommandContext, defineCommand } from '../run.ts'

const verify = defineCommand({
  command: 'verify',
  describe: 'replay the whole journal and check it; needs no key and no identity',
  examples: [
    ['cairn journal verify', 'chain, signatures, roles; against what this machine verified before'],
    ['cairn journal verify --expect 3f2a… --json', 'must be this repository, by all 64 digits of its id'],
  ],
  exits: ['no-repository', 'integrity', 'store'],
  notes:
    'An old copy of a repository is as sound as a new one: only the pin of somebody who verified it before tells whether the journal ' +
    'is fresh. Void slots are junk that changes nothing; they are reported, and are no problem of the journal.',
  builder: (yargs) => yargs.option('expect', { type: 'string', requiresArg: true, describe: 'id of the repository that must be here' }),
  async run(args, { env, output }) {
    const { openStore } = await import('../../src/repository/store/open-store.ts')
    const { repositoryLocation } = await import('../../src/control/session/session.ts')
    const { openKnownPlaces } = await import('../../src/control/session/known-places.ts')
    const { verifyPlace } = await import('../../src/operations/journal/verify-place.ts')
    const given = args.expect === undefined ? undefined : expectedId(args.expect)
    const store = await openStore(repositoryLocation(sessionOptions(args, env)))
    const known = openKnownPlaces(env)
    try {
      const expected = given ?? known.repositoryAt(store.location)
      const found = await verifyPlace(store, { expected, pinOf: (repository) => known.pinOf(repository) })
      warnOfVoids(output, found.voids)
      output.result(verifyJson(found), () => (output.quiet && found.ok ? '' : verifyText(found)))
      return found.ok ? 'done' : 'integrity'
    } finally {
      known.close()
      await store.close()
    }
  },
})

const accept = defineCommand({
  command: 'accept',
  describe: 'accept that the journal lost entries, after a legitimate return to an older copy',
  examples: [
    ['cairn journal accept --reason "disk restored from Tuesday" --plan', 'show what is given up, and the digest'],
    ['cairn journal accept --reason "disk restored from Tuesday" --apply DIGEST', 'accept exactly that'],
    ['cairn journal accept --reason "the same" --lost 57:HASH', 'what another machine lost, as its error says'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'integrity', 'store'],
  notes: `For owners. Clients that miss exactly the same entry go on by themselves afterwards.\n\n${PERSONS_PLAN_NOTE}`,
  builder: (yargs) =>
    addPlanOptions(
      yargs
        .option('reason', {
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'why the loss is legitimate; kept in the journal',
        })
        .option('lost', { type: 'string', requiresArg: true, describe: 'SEQUENCE:HASH that another machine misses' }),
    ),
  async run(args, context) {
    const { openUnpinned } = await import('../../src/control/acceptance/unpinned-session.ts')
    const { acceptLoss } = await import('../../src/control/acceptance/accept-loss.ts')
    const decision = decisionOf(args, context)
    const options = { reason: args.reason, lost: args.lost === undefined ? undefined : lostPin(args.lost) }
    const session = await openUnpinned(sessionOptions(args, context.env))
    try {
      const outcome = await acceptLoss(session, options, decision)
      if (outcome.kind === 'planned') return planResult(context, outcome)
      const { lost, sequence } = outcome.result
      const { output } = context
      output.result({ accepted: true, sequence, lost: { sequence: lost.sequence, hash: toHex(lost.hash) } }, () =>
        output.quiet ? '' : `Accepted: the journal goes on at entry ${sequence}, without entry ${lost.sequence}`,
      )
    } finally {
      await session.close()
    }
  },
})

export const command = defineCommand({
  command: 'journal',
  describe: 'show the log of all that changed the repository; check it; accept a loss',
  examples: [
    ['cairn journal --limit 20', 'the newest entries'],
    ['cairn journal --since 100 --json', 'one JSON object a line'],
    ['cairn journal verify', 'replay and check all of it, without any key'],
  ],
  exits: ['no-repository', 'key', 'stop', 'store'],
  builder: (yargs) =>
    yargs
      .command([verify, accept])
      .option('since', { type: 'number', requiresArg: true, global: false, describe: 'from this entry on' })
      .option('limit', { alias: 'n', type: 'number', requiresArg: true, global: false, describe: 'at most so many, the newest' }),
  async run({ since, limit }, context) {
    checkCount('since', since, 0)
    checkCount('limit', limit, 1)
    const { repository } = await context.openSession()
    const labelOf: LabelOf = (member) => memberLabel(repository, member)
    const sequenceWidth = Math.max('entry'.length, String(repository.journal.state.head.sequence).length)
    await context.output.text(logPieces(context, journalLog(repository, { since, limit }), labelOf, sequenceWidth))
    warnOfVoids(
      context.output,
      [...repository.journal.state.voids.keys()].map((sequence) => ({ sequence })),
    )
  },
})

async function* logPieces(
  { output }: CommandContext,
  lines: ReturnType<typeof journalLog>,
  labelOf: LabelOf,
  width: number,
): AsyncGenerator<string> {
  if (!output.json) yield `${bold(journalHeading(width))}\n`
  for await (const line of lines) yield output.json ? `${jsonText(journalJson(line, labelOf))}\n` : `${journalText(line, labelOf, width)}\n`
}

/** Somebody with write access left them, or the store damaged an entry: nobody should overlook that. */
function warnOfVoids(output: CommandContext['output'], voids: readonly { readonly sequence: number; readonly reason?: string }[]): void {
  if (voids.length === 0) return
  const shown = voids.slice(0, 10).map(({ sequence, reason }) => (reason === undefined ? `${sequence}` : `${sequence} (${reason})`))
  const rest = voids.length > shown.length ? ', …' : ''
  output.warning(
    colour('red', `WARNING: ${plural(voids.length, 'journal slot')} void, which counts for nothing: ${shown.join(', ')}${rest}`),
  )
}

function verifyJson({ ok, repository, isExpected, freshness, pin, entries, head, voids, problems }: PlaceVerification): object {
  const pinJson = (of: Pin | undefined): object | null => (of === undefined ? null : { sequence: of.sequence, hash: toHex(of.hash) })
  return { ok, repository: repository ?? null, isExpected, freshness, pin: pinJson(pin), entries, head: pinJson(head), voids, problems }
}

function verifyText(found: PlaceVerification): string {
  const { ok, repository, isExpected, entries, head, problems } = found
  return [
    ...(repository === undefined
      ? []
      : [`repository  ${toHex(repository)}${isExpected ? '' : '  (nothing here says whether it is the right one: --expect ID)'}`]),
    ...(head === undefined ? [] : [`journal     ${plural(entries, 'valid entry', 'valid entries')}, up to ${head.sequence}`]),
    isOther(found) ? 'freshness   unknown: this is not the repository that was expected' : freshnessText(found),
    ...problems.map(({ code, message }) => colour('red', `problem     ${code}: ${printableLine(message)}`)),
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

function expectedId(text: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text.toLowerCase(), 32)
  throw new UsageError('expect', '--expect takes a repository id of 64 hexadecimal digits.', {
    hint: "'cairn status --json' shows it in full.",
  })
}

function lostPin(text: string): Pin {
  const [, digits, hash] = /^([0-9]{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? []
  if (digits !== undefined && hash !== undefined) return { sequence: Number(digits), hash: fromHex(hash.toLowerCase(), 32) }
  throw new UsageError('lost', '--lost takes SEQUENCE:HASH, the hash with 64 hexadecimal digits.', {
    hint: 'The error on the other machine names both.',
  })
}

function checkCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw new UsageError(name, `--${name} takes a whole number of at least ${least}.`, { hint: `As in: --${name} 10` })
}
