// Checkpoints: the first owner's commit writes one every 256 entries, and a fresh client starts from it and says so.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityFile } from '../../format/identity-file.ts'
import { readIdentity } from '../../src/control/session/identities.ts'
import { CHECKPOINT_EVERY } from '../../src/repository/journal/find-checkpoint.ts'
import { openRepository } from '../../src/repository/open.ts'
import { openStore } from '../../src/repository/store/open-store.ts'
import { JournalPlace, lastSlot, type PlaceEnv } from '../support/journal-place.ts'

let place: JournalPlace
let recoveryCode = ''

beforeAll(async () => {
  place = new JournalPlace()
  recoveryCode = place.write('code', (await place.json(['init'])).recoveryCode)
  place.write('sample/f', 'f')
  await place.json(['commit', 'sample', '--name', 's'])
  await fillJournal(CHECKPOINT_EVERY - 2)
}, 60_000)
afterAll(() => place.remove())

/** Adds entries as the owner until one of this sequence stands. */
async function fillJournal(last: number): Promise<void> {
  const [file] = fs.readdirSync(place.at('home', 'identities'))
  const identity = readIdentity(place.at('home', 'identities', file!)) as IdentityFile
  const store = await openStore(place.at('repository'))
  const memory = { pinOf: () => undefined, setPin: () => undefined }
  const { journal, signing } = await openRepository({ store, unlock: async () => ({ kind: 'identity', identity }), memory })
  while (journal.state.head.sequence < last) await journal.append({ event: 'action_planned', details: {}, signing })
  await store.close()
}

function checkpoints({ CAIRN_REPO: store }: PlaceEnv): string[] {
  const directory = path.join(store, 'checkpoints')
  return fs.existsSync(directory) ? fs.readdirSync(directory).map((name) => path.join(directory, name)) : []
}

interface StatusJson {
  readonly replayedFrom: { readonly from: string; readonly sequence: number }
}

/** What a client says that never saw the repository before. */
function freshStatus({ CAIRN_REPO }: PlaceEnv): Promise<StatusJson> {
  const CAIRN_HOME = fs.mkdtempSync(place.at('fresh-'))
  return place.json(['status', '--recovery-code-file', recoveryCode], { env: { CAIRN_REPO, CAIRN_HOME } })
}

async function committed(env: PlaceEnv, args: readonly string[] = [], times = 2): Promise<void> {
  for (let i = 0; i < times; i++) await place.json(['commit', 'sample', '--name', 's', ...args], { env })
}

describe("a commit that passes the journal's entry 256", () => {
  test('writes a checkpoint once; a fresh client starts from it and says so, and says the same as one that replays all', async () => {
    const env = place.copy()
    await committed(env, [], 3)
    expect(checkpoints(env)).toHaveLength(1)
    expect((await place.run(['journal', '-n', '9'], { env })).stdout.match(/checkpoint +of the state after entry/g)).toHaveLength(1)
    const fresh = await freshStatus(env)
    expect(fresh.replayedFrom).toEqual({ from: 'checkpoint', sequence: expect.any(Number) })
    expect(fresh.replayedFrom.sequence).toBeGreaterThanOrEqual(CHECKPOINT_EVERY - 1)
    const CAIRN_HOME = fs.mkdtempSync(place.at('fresh-'))
    const { stdout } = await place.run(['status', '--recovery-code-file', recoveryCode], { env: { ...env, CAIRN_HOME } })
    expect(stdout).toMatch(/verified from the checkpoint at \d+/)
    for (const file of checkpoints(env)) fs.rmSync(file)
    const full = await freshStatus(env)
    expect(full.replayedFrom).toEqual({ from: 'genesis', sequence: 0 })
    expect({ ...fresh, replayedFrom: 0 }).toEqual({ ...full, replayedFrom: 0 })
  }, 60_000)

  test('a checkpoint that was tampered with costs the full replay and nothing else', async () => {
    const env = place.copy()
    await committed(env)
    const [file] = checkpoints(env)
    const bytes = fs.readFileSync(file!)
    bytes[bytes.length >> 1]! ^= 1
    fs.rmSync(file!)
    fs.writeFileSync(file!, bytes)
    expect((await freshStatus(env)).replayedFrom.from).toBe('genesis')
  }, 60_000)

  test('another owner writes none, since no fresh client would believe it', async () => {
    const env = { ...place.copy(), CAIRN_HOME: place.at('recovering') }
    await committed(env, ['--recovery-code-file', recoveryCode])
    expect(lastSlot(env)).toBeGreaterThan(CHECKPOINT_EVERY)
    expect(checkpoints(env)).toEqual([])
  }, 60_000)

  test('one that cannot be written is told, and the snapshot stands', async () => {
    const env = place.copy()
    fs.rmSync(path.join(env.CAIRN_REPO, 'checkpoints'), { recursive: true, force: true })
    fs.writeFileSync(path.join(env.CAIRN_REPO, 'checkpoints'), 'a file where a directory must be')
    await committed(env, [], 1)
    const { code, stderr } = await place.run(['commit', 'sample', '--name', 's'], { env })
    expect([code, stderr]).toEqual([0, expect.stringContaining("The snapshot stands, but the journal's checkpoint could not be written")])
    expect((await place.json(['log'], { env })).snapshots).toHaveLength(3)
  }, 60_000)
})
