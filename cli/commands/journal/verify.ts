// `cairn journal verify`: the proof of the whole log, for whoever has no key as well.

import { fromHex } from '../../../format/bytes.ts'
import { UsageError } from '../../../src/errors.ts'
import { sessionOptions } from '../../options.ts'
import { journalVerifyJson, journalVerifyText } from '../../output/journal-verify.ts'
import { warnOfVoids } from '../../output/journal-voids.ts'
import { defineCommand } from '../../run.ts'

export const verify = defineCommand({
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
    const { openStore } = await import('../../../src/repository/store/open-store.ts')
    const { repositoryLocation } = await import('../../../src/control/session/session.ts')
    const { openKnownPlaces } = await import('../../../src/control/session/known-places.ts')
    const { verifyPlace } = await import('../../../src/operations/journal/verify-place.ts')
    const given = args.expect === undefined ? undefined : expectedId(args.expect)
    const { missingRepository, missingStore } = await import('../../../src/control/session/missing-repository.ts')
    const location = repositoryLocation(sessionOptions(args, env))
    const store = await openStore(location).catch((error: unknown) => Promise.reject(missingStore(error, location, env)))
    const known = openKnownPlaces(env)
    try {
      const expected = given ?? known.repositoryAt(store.location)
      const found = await verifyPlace(store, { expected, pinOf: (repository) => known.pinOf(repository) }).catch(async (error: unknown) =>
        Promise.reject(await missingRepository(error, store, known.repositoryAt(store.location))),
      )
      warnOfVoids(output, found.voids)
      output.result(journalVerifyJson(found), () => (output.quiet && found.ok ? '' : journalVerifyText(found)))
      return found.ok ? 'done' : 'integrity'
    } finally {
      known.close()
      await store.close()
    }
  },
})

function expectedId(text: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text.toLowerCase(), 32)
  throw new UsageError('expect', '--expect takes a repository id of 64 hexadecimal digits.', {
    hint: "'cairn status --json' shows it in full.",
  })
}
