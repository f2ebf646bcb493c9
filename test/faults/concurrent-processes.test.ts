// Several real processes that commit into one repository at once, from one home and from the homes of several people: all succeed, all
// snapshots read back equal, and those of one series follow one another.

import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { toHex } from '../../format/bytes.ts'
import { CliRepository } from '../support/cli-repository.ts'
import { openAs } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { SLOW } from '../support/tier.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

const ROUNDS = SLOW ? 50 : 4

let cli: CliRepository
const cases = new CaseCounter()

beforeAll(async () => {
  cli = await CliRepository.make()
})
afterAll(async () => {
  await cli.remove()
  recordReliability('concurrent-processes', cases)
})

test('three processes at once', async () => {
  const second = cli.place.at('second-home')
  fs.cpSync(cli.place.at('home'), second, { recursive: true })
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['one', 'two']) cli.place.write(`${name}/file-${round}`, noise(round, 100_000))
    await cases.try('three processes that commit at once', () => commitAtOnce(second))
  }
  await expectPinned()
}, 300_000)

/** Two of one home and one series, one of another home. */
async function commitAtOnce(secondHome: string): Promise<void> {
  const outcomes = await Promise.all([
    cli.place.json(['commit', cli.place.at('one'), '--name', 'shared']),
    cli.place.json(['commit', cli.place.at('two'), '--name', 'shared']),
    cli.place.json(['commit', cli.tree, '--name', 'own'], { env: { CAIRN_HOME: secondHome } }),
  ])
  await expectAll(outcomes.map(({ snapshot }) => snapshot as string))
}

/** Each snapshot is what its process read, and follows the one before it in its series. */
async function expectAll(ids: readonly string[]): Promise<void> {
  const repository = await openAs(cli.store, cli.owner)
  const { snapshots } = repository.journal.state
  for (const [index, source] of [cli.place.at('one'), cli.place.at('two'), cli.tree].entries()) {
    const at = snapshots.findIndex(({ manifest }) => toHex(manifest) === ids[index])
    const snapshot = snapshots[at]!
    expect(await linesInSnapshot(repository, snapshot)).toEqual(linesOnDisk(source))
    const before = snapshots.slice(0, at).findLast(({ details }) => details.series === snapshot.details.series)
    expect(snapshot.details.parents.map(toHex)).toEqual(before === undefined ? [] : [toHex(before.manifest)])
  }
}

/** A home never forgets what one of its processes has seen: `status` would stop if it did not have the newest entry. */
async function expectPinned(): Promise<void> {
  const { journal } = await openAs(cli.store, cli.owner)
  const pinned = await pinOf(cli.place.at('home', 'catalog.db'))
  expect(pinned).toBeGreaterThanOrEqual(
    Math.max(...journal.state.snapshots.filter(({ details }) => details.series === 'shared').map(({ sequence }) => sequence)),
  )
}

async function pinOf(file: string): Promise<number> {
  const { default: Database } = await import('better-sqlite3')
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare<[], { sequence: number }>('SELECT sequence FROM pin').get()!.sequence
  } finally {
    db.close()
  }
}
