// `cairn key remove`: takes a key slot away, and the rights of its member; by an approved plan.

import { toHex } from '../../../format/bytes.ts'
import type { PlanParts } from '../../../src/control/access/authorize.ts'
import type { Removal } from '../../../src/operations/key/remove.ts'
import { addPlanOptions, decisionOf, PERSONS_PLAN_NOTE, planResult } from '../../approval.ts'
import { printableLine } from '../../output/path-text.ts'
import { defineCommand } from '../../run.ts'

export const remove = defineCommand({
  command: 'remove <slot>',
  describe: 'remove a key slot, and take away the rights of its member',
  examples: [
    ['cairn key remove 91ab --plan', 'show what that means, and the digest'],
    ['cairn key remove 91ab --apply DIGEST', 'do exactly that'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'not-found', 'store'],
  notes:
    'For owners. The last slot of an owner cannot be removed. Whoever copied a slot together with its file, passphrase or code can ' +
    `still open that copy and read what is stored: the repository's read key does not change.\n\n${PERSONS_PLAN_NOTE}`,
  builder: (yargs) =>
    addPlanOptions(yargs.positional('slot', { type: 'string', demandOption: true, describe: "the beginning of the slot's id" })),
  async run(args, context) {
    const session = await context.openSession()
    const { withPlan } = await import('../../../src/control/access/authorize.ts')
    const { planRemoval, removeKey } = await import('../../../src/operations/key/remove.ts')
    const removal = await planRemoval(session.repository, args.slot)
    const again = async (): Promise<Uint8Array> => (await planRemoval(session.repository, toHex(removal.id))).fingerprint
    const outcome = await withPlan(session, partsOf(removal, again), decisionOf(args, context), (permit) =>
      removeKey(session.repository, removal, permit),
    )
    if (outcome.kind === 'planned') return planResult(context, outcome)
    const revoked = removal.revoked === undefined ? null : toHex(removal.revoked.id)
    context.output.result({ removed: toHex(removal.id), revoked, isOwn: removal.isOwn }, () =>
      context.output.quiet
        ? ''
        : `Removed the key slot ${toHex(removal.id)}${revoked === null ? '' : `; ${printableLine(removal.label)} is no member any more`}${removal.isOwn ? '. It was the key in use: it opens nothing any more' : ''}`,
    )
  },
})

function partsOf({ id, key, kind, label, revoked, isOwn }: Removal, fingerprint: () => Promise<Uint8Array>): PlanParts {
  const loses = revoked === undefined ? 'Nobody loses rights with it.' : `${revoked.label} (${revoked.roles.join(', ')}) loses all rights.`
  return {
    operation: 'key remove',
    objects: [`slot ${toHex(id)}`, ...(revoked === undefined ? [] : [`member ${toHex(revoked.id)}`])],
    destroys: [key],
    target: key,
    fingerprint,
    series: '',
    consequence: `The key slot of '${label}' (${kind}) is deleted for ever. ${isOwn ? 'This is the key that you are using. ' : ''}${loses} Copies of the slot that others made still open.`,
  }
}
