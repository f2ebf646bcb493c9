// A damaged journal entry whose loss an owner accepted: it is told for ever, and is no problem any more. What is lost later is one.

import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { flip } from '../support/verify-place.ts'

let place: CliPlace

/** A machine that never saw the repository; it stops at the damage. */
const fresh = (): Record<string, string> => {
  const [identity] = fs.readdirSync(place.at('home/identities'))
  return { CAIRN_HOME: place.at('new'), CAIRN_IDENTITY: place.at('home/identities', identity!) }
}
const slot = (sequence: number): string => place.at('repository/journal', String(sequence).padStart(16, '0'))
const accept = ['journal', 'accept', '--reason', 'no copy has it']

beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
  for (const text of ['one', 'two', 'three']) {
    place.write('tree/file', text)
    await commit()
  }
  flip(slot(3), 60)
}, 60_000)
afterAll(() => place.remove())

const commit = (env = {}): Promise<unknown> => place.json(['commit', place.at('tree'), '--name', 'tree'], { env })

test('verify tells of it, and status and verify count the same entries', async () => {
  await place.json(['log'], { env: fresh(), code: 14 })
  expect((await place.json(['verify'], { code: 21 })).problems[0]).toMatchObject({ kind: 'journal' })

  const { digest } = await place.json([...accept, '--plan'], { env: fresh() })
  const { sequence } = await place.json([...accept, '--apply', digest], { env: fresh() })
  await commit(fresh())

  const lost = {
    kind: 'journal',
    object: 'journal/0000000000000003',
    message: expect.stringContaining(`accepted that in entry ${sequence}`),
  }
  for (const args of [['verify'], ['verify', '--data']])
    expect(await place.json(args, { env: fresh() })).toMatchObject({ ok: true, problems: [], remarks: [lost] })
  expect((await place.run(['verify'], { env: fresh() })).stdout).toMatch(/^Everything is in order: .*\nremark: journal\/0000000000000003: /)
  expect(await place.json(['journal', 'verify'], { env: fresh() })).toMatchObject({
    ok: true,
    freshness: 'pinned',
    accepted: [{ code: 'journal-rewritten', sequence: 3, acceptedAt: sequence }],
  })

  const { stdout } = await place.run(['status'], { env: fresh() })
  const { journal: told } = await place.json(['status'], { env: fresh() })
  const { journal } = await place.json(['verify'], { env: fresh() })
  expect(journal.voids).toBeGreaterThan(0)
  expect(told).toMatchObject({ entries: journal.entries, sequence: journal.head })
  expect(stdout).toContain(`${journal.entries} valid entries, up to ${journal.head}`)

  flip(slot(sequence + 1), 60)
  const after = await place.json(['verify'], { env: fresh(), code: 21 })
  expect(after).toMatchObject({ ok: false, remarks: [lost] })
  expect(after.problems.map(({ object }: { object: string }) => object)).toContain(`journal/${String(sequence + 1).padStart(16, '0')}`)
}, 60_000)
