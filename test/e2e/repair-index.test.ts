// The index is derived: without it, or with a garbled one, everything can still be read, and `repair index` heals it.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JournalPlace, type PlaceEnv } from '../support/journal-place.ts'
import { noise } from '../support/sample-tree.ts'
import { treeFacts } from '../support/tree-facts.ts'

let place: JournalPlace
let restores = 0

beforeAll(async () => {
  place = await JournalPlace.made(1)
  for (let round = 1; round <= 3; round++) {
    place.write(`sample/large-${round}`, noise(round, 3_000_000))
    await place.json(['commit', 'sample', '--name', 's'])
  }
}, 60_000)
afterAll(() => place.remove())

function segmentFiles({ CAIRN_REPO: store }: PlaceEnv): string[] {
  return fs
    .readdirSync(path.join(store, 'index'))
    .map((name) => path.join(store, 'index', name))
    .sort()
}

function packFiles({ CAIRN_REPO: store }: PlaceEnv, kind: 'data' | 'tree' = 'data'): string[] {
  const all = fs.readdirSync(path.join(store, 'packs', kind), { recursive: true, withFileTypes: true })
  return all
    .filter((each) => each.isFile())
    .map((each) => path.join(each.parentPath, each.name))
    .sort()
}

function overwrite(file: string, bytes: Uint8Array | string): void {
  fs.rmSync(file)
  fs.writeFileSync(file, bytes)
}

async function restoresWell(env: PlaceEnv): Promise<void> {
  const to = place.at(`back-${++restores}`)
  await place.json(['restore', 'latest', '--to', to], { env })
  expect(treeFacts(to)).toEqual(treeFacts(place.at('sample')))
}

interface RepairJson {
  readonly packsIndexed: number
  readonly superseded: readonly { readonly object: string }[]
}

/** Runs the repair, then once more, which must find nothing to do. */
async function repaired(env: PlaceEnv): Promise<RepairJson> {
  const outcome = await place.json(['repair', 'index'], { env })
  const segments = segmentFiles(env)
  expect(await place.json(['repair', 'index'], { env })).toMatchObject({ packsIndexed: 0, segments: [], superseded: [] })
  expect(segmentFiles(env)).toEqual(segments)
  return outcome
}

describe('repair index', () => {
  test('finds nothing to do where nothing is wrong', async () => {
    const env = place.copy()
    const before = segmentFiles(env)
    expect(await place.json(['repair', 'index'], { env })).toMatchObject({
      packsIndexed: 0,
      segments: [],
      superseded: [],
      unreadable: [],
      missingPacks: 0,
    })
    expect(segmentFiles(env)).toEqual(before)
  })

  test('makes segments anew when all are gone; a restore works without, too', async () => {
    const env = place.copy()
    const packs = packFiles(env).length + packFiles(env, 'tree').length
    for (const file of segmentFiles(env)) fs.rmSync(file)
    await restoresWell(env)
    expect(await place.json(['repair', 'index', '--dry-run'], { env })).toMatchObject({
      dryRun: true,
      packs,
      packsIndexed: packs,
      segments: [],
    })
    expect(segmentFiles(env)).toEqual([])
    const outcome = await repaired(env)
    expect(outcome).toMatchObject({ packs, packsIndexed: packs, packsProven: 0, superseded: [], unreadable: [] })
    expect(segmentFiles(env)).toHaveLength(1)
    await restoresWell(env)
    expect((await place.json(['commit', 'sample', '--name', 's', '--reread'], { env })).newBytes, 'commits deduplicate against it').toBe(0)
    expect((await place.json(['journal', 'verify'], { env })).ok).toBe(true)
  }, 60_000)

  // LESSONS: restic: one file in index/ that does not open stops every restore.
  test('supersedes garbled, truncated and foreign segments, and deletes none', async () => {
    const env = place.copy()
    const [first, second, ...others] = segmentFiles(env)
    const bytes = fs.readFileSync(first!)
    bytes[bytes.length >> 1]! ^= 1
    overwrite(first!, bytes)
    overwrite(second!, fs.readFileSync(second!).subarray(0, 50))
    const foreign = path.join(env.CAIRN_REPO, 'index', 'ab'.repeat(32))
    fs.writeFileSync(foreign, 'junk')
    await restoresWell(env)
    const outcome = await repaired(env)
    expect(new Set(outcome.superseded.map(({ object }) => path.join(env.CAIRN_REPO, object)))).toEqual(new Set([first, second, foreign]))
    expect(outcome.packsIndexed).toBeGreaterThan(0)
    expect(segmentFiles(env)).toEqual(expect.arrayContaining([first, second, foreign, ...others]))
    const { stdout } = await place.run(['repair', 'index', '--dry-run'], { env })
    expect(stdout).toContain('nothing to do')
    await restoresWell(env)
  }, 60_000)

  test('says which packs cannot be indexed and which are missing, and goes on with the others', async () => {
    const env = place.copy()
    const [truncated, gone] = packFiles(env)
    overwrite(truncated!, fs.readFileSync(truncated!).subarray(0, -100))
    fs.rmSync(gone!)
    expect(await place.json(['repair', 'index'], { env, code: 3 })).toMatchObject({
      missingPacks: 1,
      packsIndexed: 0,
      unreadable: [{ object: path.relative(env.CAIRN_REPO, truncated!) }],
    })
    for (const file of segmentFiles(env)) fs.rmSync(file)
    const { code, stdout } = await place.run(['repair', 'index'], { env })
    expect(code).toBe(3)
    expect(stdout).toMatch(/indexed in 1 new segment/)
    expect(stdout).toMatch(/cannot be indexed: packs\/data\//)
  }, 60_000)

  test('is recorded; an agent is refused, and that is recorded', async () => {
    const env = place.copy()
    const agent = { ...env, CAIRN_ACTOR: 'agent:helper' }
    expect((await place.json(['repair', 'index'], { env: agent, code: 13 })).error).toMatchObject({
      name: 'AccessError',
      code: 'agent-refused',
      hint: expect.stringMatching(/--dry-run(?!.*--plan)/),
    })
    await place.json(['repair', 'index'], { env })
    const { stdout } = await place.run(['journal', '--limit', '2'], { env })
    expect(stdout).toMatch(/action_refused .*agent:helper.*repair index/)
    expect(stdout).toMatch(/repair_completed .*repaired=index/)
  })

  test('an agent may look at what would be done', async () => {
    const env = place.copy()
    for (const file of segmentFiles(env)) fs.rmSync(file)
    const agent = { ...env, CAIRN_ACTOR: 'agent:helper' }
    expect(await place.json(['repair', 'index', '--dry-run'], { env: agent })).toMatchObject({ dryRun: true, packsIndexed: 8 })
    expect(segmentFiles(env)).toEqual([])
  })

  test('10 where there is no repository', async () => {
    await place.json(['repair', 'index', '--repo', place.at('nowhere')], { code: 10 })
  })
})
