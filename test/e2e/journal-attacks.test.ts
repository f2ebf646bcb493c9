// What a person sees when the store's history changed behind their back, and the only way back: `journal accept`.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JournalPlace, lastSlot, overwriteStore, type PlaceEnv, slotFile } from '../support/journal-place.ts'

let place: JournalPlace
/** The store after the first snapshot; the home that saw it. */
let old: PlaceEnv

beforeAll(async () => {
  place = await JournalPlace.made(1)
  old = place.copy()
  place.write('sample/g', 'more')
  await place.json(['commit', 'sample', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

/** A client that saw everything, before a store that was restored from the old copy. */
function rolledBack(): PlaceEnv {
  const env = place.copy()
  overwriteStore(env, old)
  return env
}

async function stopsWith(code: string, args: readonly string[], env: PlaceEnv): Promise<void> {
  const { error } = await place.json(args, { env, code: 14 })
  expect(error, args.join(' ')).toMatchObject({ name: 'StopError', code })
}

const EVERY_COMMAND: readonly (readonly string[])[] = [
  ['log'],
  ['status'],
  ['journal'],
  ['show', 'latest'],
  ['ls', 'latest'],
  ['cat', 'latest:f'],
  ['find', 'latest', 'f'],
  ['stats'],
  ['tag', '--list'],
  ['tag', 'x', 'latest'],
  ['diff', 'latest', 'sample'],
  ['commit', 'sample', '--name', 's'],
  ['restore', 'latest', '--to', 'back'],
  ['repair', 'index'],
]

describe('a store that was rolled back', () => {
  test('stops every command by its name, and none writes', async () => {
    const env = rolledBack()
    for (const args of EVERY_COMMAND) await stopsWith('journal-rollback', args, env)
    expect(lastSlot(env)).toBe(lastSlot(old))
    const { stderr } = await place.run(['log'], { env })
    expect(stderr).toContain('STOP journal-rollback')
    expect(stderr).toMatch(/cairn journal accept.*--lost \d+:[0-9a-f]{64}/)
  }, 60_000)

  test('fails journal verify, which knows the pin but no key', async () => {
    const env = rolledBack()
    fs.rmSync(`${env.CAIRN_HOME}/identities`, { recursive: true })
    const { ok, freshness, problems } = await place.json(['journal', 'verify'], { env, code: 21 })
    expect([ok, freshness, problems[0].code]).toEqual([false, 'lost', 'journal-rollback'])
    expect((await place.run(['journal', 'verify'], { env })).stdout).toContain('does NOT hold')
    expect(await place.json(['journal', 'verify'], { env: { ...env, CAIRN_HOME: place.at('nobody') } })).toMatchObject({
      ok: true,
      freshness: 'unknown',
    })
  })
})

describe('journal accept', () => {
  const accept = ['journal', 'accept', '--reason', 'the disk was restored']

  test('by an owner who approved the plan lets this client, and others with the same pin, go on', async () => {
    const env = rolledBack()
    const other: PlaceEnv = { ...env, CAIRN_HOME: place.copy().CAIRN_HOME }
    const stays = lastSlot(env)
    const planned = await place.json([...accept, '--plan'], { env })
    expect(planned.plan).toMatchObject({ operation: 'journal accept', destroys: [], target: env.CAIRN_REPO })
    expect(planned.plan.objects[0]).toMatch(/^entry \d+ \([0-9a-f]{64}\), which this client had verified/)
    expect(planned.plan.objects[1]).toMatch(/^lost snapshot [0-9a-f]{16} of s$/)
    expect(planned.plan.consequence).toContain('the disk was restored')
    expect(lastSlot(env), 'a plan writes nothing').toBe(stays)
    await stopsWith('journal-rollback', ['log'], env)
    const accepted = await place.json([...accept, '--apply', planned.digest], { env })
    expect(accepted).toMatchObject({ accepted: true, sequence: stays + 1 })
    for (const [at, client] of [env, other].entries()) {
      expect((await place.json(['log'], { env: client })).snapshots).toHaveLength(1 + at)
      expect((await place.json(['commit', 'sample', '--name', 's'], { env: client })).complete).toBe(true)
      expect(await place.json(['journal', 'verify'], { env: client })).toMatchObject({ ok: true, freshness: 'pinned' })
    }
    const { stdout } = await place.run(['journal'], { env })
    expect(stdout).toMatch(/journal_accepted +entry \d+ as the end, without entry \d+: the disk was restored/)
    expect(stdout).toContain('action_confirmed')
    expect((await place.json([...accept, '--plan'], { env, code: 2 })).error.code).toBe('nothing-to-accept')
  }, 60_000)

  test('is for one loss only: another client is let on by what its own error names', async () => {
    const env = rolledBack()
    const later: PlaceEnv = { ...env, CAIRN_HOME: place.copy().CAIRN_HOME }
    await place.json(['commit', 'sample', '--name', 's'], {
      env: { CAIRN_REPO: place.copy({ home: later.CAIRN_HOME }).CAIRN_REPO, CAIRN_HOME: later.CAIRN_HOME },
    })
    const { digest } = await place.json([...accept, '--plan'], { env })
    await place.json([...accept, '--apply', digest], { env })
    const { error } = await place.json(['log'], { env: later, code: 14 })
    const lost = ['--lost', `${error.fields.pinnedSequence}:${error.fields.pinnedHash}`]
    const second = await place.json([...accept, ...lost, '--plan'], { env })
    await place.json([...accept, ...lost, '--apply', second.digest], { env })
    expect((await place.json(['log'], { env: later })).snapshots).toHaveLength(1)
    await place.json([...accept, '--lost', '12:zz', '--plan'], { env, code: 2 })
  }, 60_000)

  test('tells a client that never saw the repository what the journal shows, not what it had seen', async () => {
    const env = place.copy()
    const entry = slotFile(env, 1)
    const bytes = fs.readFileSync(entry)
    bytes[100]! ^= 1
    fs.chmodSync(entry, 0o600)
    fs.writeFileSync(entry, bytes)
    const [identity] = fs.globSync(`${env.CAIRN_HOME}/identities/*.json`)
    const fresh: PlaceEnv = { ...env, CAIRN_HOME: place.at('never-seen') }
    const { plan } = await place.json([...accept, '--identity', identity!, '--plan'], { env: fresh })
    expect(plan.objects[0]).toMatch(/^entry 2 \([0-9a-f]{64}\), which a member signed after another history than the journal holds/)
  }, 60_000)

  test('is refused without a yes, with another digest, and to an agent', async () => {
    const env = rolledBack()
    const stays = lastSlot(env)
    expect((await place.json(accept, { env, code: 14 })).error.code).toBe('approval-needed')
    expect((await place.json([...accept, '--apply', '00'.repeat(32)], { env, code: 14 })).error.code).toBe('plan-changed')
    await place.json(['journal', 'accept'], { env, code: 2 })
    const agent = { ...env, CAIRN_ACTOR: 'agent:helper' }
    const { digest } = await place.json([...accept, '--plan'], { env: agent })
    for (const args of [accept, [...accept, '--apply', digest]]) {
      expect((await place.json(args, { env: agent, code: 13 })).error).toMatchObject({ name: 'AccessError', code: 'agent-refused' })
    }
    expect((await place.json(['journal', 'accept', '--reason', 'another', '--apply', digest], { env, code: 14 })).error.code).toBe(
      'plan-changed',
    )
    expect(lastSlot(env), 'nothing is written before a loss is accepted').toBe(stays)
    await place.json([...accept, '--apply', digest], { env })
    const { stdout } = await place.run(['journal'], { env })
    expect(stdout.match(/action_refused .*agent-refused/g)).toHaveLength(2)
    expect(stdout).toMatch(/action_planned .*agent:helper/)
  }, 60_000)
})

describe('other attacks on the journal', () => {
  test('a fork: the entry that was verified is another now', async () => {
    const env = rolledBack()
    const { CAIRN_HOME } = place.copy({ home: old.CAIRN_HOME })
    for (let i = 0; i < 3; i++) await place.json(['commit', 'sample', '--name', 's'], { env: { ...env, CAIRN_HOME } })
    await stopsWith('journal-fork', ['log'], env)
    expect((await place.json(['journal', 'verify'], { env, code: 21 })).problems[0].code).toBe('journal-fork')
    const accept = ['journal', 'accept', '--reason', 'two copies were used']
    const { digest } = await place.json([...accept, '--plan'], { env })
    await place.json([...accept, '--apply', digest], { env })
    expect((await place.json(['log'], { env })).snapshots).toHaveLength(4)
  }, 60_000)

  test('an omission: a slot in the middle is gone; no accepting helps', async () => {
    const env = place.copy()
    fs.rmSync(slotFile(env, 2))
    // This client's own state lies after the hole, so it is the replay that shows it.
    const { error } = await place.json(['journal'], { env, code: 14 })
    expect(error.code).toBe('journal-omission')
    expect((await place.json(['journal', 'verify'], { env, code: 21 })).problems[0]).toMatchObject({
      code: 'journal-omission',
      sequence: 2,
    })
    await stopsWith('journal-omission', ['journal', 'accept', '--reason', 'x', '--plan'], env)
    fs.rmSync(slotFile(env, lastSlot(env) - 1))
    await stopsWith('journal-omission', ['log'], { ...env, CAIRN_HOME: place.copy({ home: old.CAIRN_HOME }).CAIRN_HOME })
  }, 60_000)

  test('a replacement: another repository lies at the place', async () => {
    const env = place.copy()
    await place.json(['log'], { env })
    const fresh = { CAIRN_REPO: place.at('fresh'), CAIRN_HOME: place.at('fresh-home') }
    await place.json(['init'], { env: fresh })
    overwriteStore(env, fresh)
    await stopsWith('repository-replaced', ['log'], env)
    await stopsWith('repository-replaced', ['journal', 'accept', '--reason', 'x', '--plan'], env)
    expect((await place.json(['journal', 'verify'], { env, code: 21 })).problems[0].code).toBe('repository-replaced')
  })
})
