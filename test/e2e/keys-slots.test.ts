// Ways to open a repository: added, listed, removed; and that the last one stays.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JournalPlace, type PlaceEnv } from '../support/journal-place.ts'

let place: JournalPlace

beforeAll(async () => {
  place = await JournalPlace.made(1)
}, 60_000)
afterAll(() => place.remove())

/** The store as it is in a copy, with the owner's home. */
const ownersCopy = (): PlaceEnv => place.copy()

/** A machine that has nothing of this repository yet. */
function stranger({ CAIRN_REPO }: PlaceEnv): PlaceEnv {
  return { CAIRN_REPO, CAIRN_HOME: fs.mkdtempSync(place.at('home-')) }
}

interface Listed {
  readonly members: { member: string; label: string; roles: string[]; series: string[] | null; isOwn: boolean }[]
  readonly slots: {
    slot: string
    kind: string
    member: string
    label: string
    added: number
    known: string
    isOwn: boolean
    isSound: boolean
  }[]
}

const list = (env: PlaceEnv): Promise<Listed> => place.json(['key', 'list'], { env })

async function slotLabelled(env: PlaceEnv, label: string): Promise<string> {
  return (await list(env)).slots.find((slot) => slot.label === label)!.slot
}

/** Removes a slot by the digest of its plan. */
async function remove(env: PlaceEnv, slot: string): Promise<unknown> {
  const { digest } = await place.json(['key', 'remove', slot, '--plan'], { env })
  return place.json(['key', 'remove', slot, '--apply', digest], { env })
}

describe('key add', () => {
  test('an identity of a reader opens it, reads, and does not write', async () => {
    const env = ownersCopy()
    const file = place.at(`reader-${path.basename(env.CAIRN_HOME)}-1.json`)
    const added = await place.json(['key', 'add', '--new-identity', file, '--role', 'reader', '--label', 'bob'], { env })
    expect(added).toMatchObject({ kind: 'identity', role: 'reader', label: 'bob', identityFile: file })
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    const bob = stranger(env)
    expect((await place.json(['ls', 'latest', '--identity', file], { env: bob })).entries).toHaveLength(1)
    expect(await place.run(['commit', 'sample', '--name', 's', '--identity', file], { env: bob })).toMatchObject({ code: 13 })
    const { members, slots } = await list(env)
    expect(members).toContainEqual(expect.objectContaining({ label: 'bob', roles: ['reader'], series: null, isOwn: false }))
    expect(slots).toContainEqual(expect.objectContaining({ slot: added.slot, known: 'journal' }))
  }, 60_000)

  test('people are told where the file is, however it was named', async () => {
    const env = ownersCopy()
    expect((await place.run(['key', 'add', '--new-identity', 'relative.json'], { env })).stdout).toContain(place.at('relative.json'))
    const writer = ['key', 'export', '--writer', '--series', 'x', '-o', 'relative-writer.json']
    expect((await place.run(writer, { env })).stdout).toContain(place.at('relative-writer.json'))
  }, 60_000)

  test('a passphrase has the rights of an owner', async () => {
    const env = ownersCopy()
    const file = place.write('new-pass.txt', 'tulips in november\n')
    await place.json(['key', 'add', '--new-passphrase-file', file], { env })
    const other = { ...stranger(env), CAIRN_PASSPHRASE: 'tulips in november' }
    expect((await place.json(['commit', 'sample', '--name', 's'], { env: other })).snapshot).toMatch(/^[0-9a-f]{64}$/)
    const wrong = { ...stranger(env), CAIRN_PASSPHRASE: 'tulips in december' }
    expect(await place.run(['log'], { env: wrong })).toMatchObject({ code: 12 })
  }, 60_000)

  test('another recovery code opens it, and the first one still does', async () => {
    const env = ownersCopy()
    const { recoveryCode } = await place.json(['key', 'add', '--new-recovery-code'], { env })
    const code = place.write('code.txt', recoveryCode)
    expect((await place.json(['ls', 'latest', '--recovery-code-file', code], { env: stranger(env) })).entries).toHaveLength(1)
  }, 60_000)

  test.each([
    ['nothing', []],
    ['two things', ['--new-recovery-code', '--new-identity', 'x.json']],
    ['a file that exists', ['--new-identity', 'sample/f']],
    ['a role that is not for this', ['--new-identity', 'y.json', '--role', 'writer']],
  ])(
    '%s is refused',
    async (_what, args) => {
      const env = ownersCopy()
      const before = fs.readdirSync(`${env.CAIRN_REPO}/keys`)
      expect(await place.run(['key', 'add', ...args], { env })).toMatchObject({ code: 2 })
      expect(fs.readdirSync(`${env.CAIRN_REPO}/keys`)).toEqual(before)
    },
    60_000,
  )
})

describe('key remove', () => {
  // LESSONS: restic: a leaked key cannot be revoked.
  test('takes slot and rights away; nobody opens it with that key any more', async () => {
    const env = ownersCopy()
    const file = place.at(`gone-${path.basename(env.CAIRN_HOME)}.json`)
    const { slot, member } = await place.json(['key', 'add', '--new-identity', file, '--role', 'reader', '--label', 'gone'], { env })
    const plan = await place.json(['key', 'remove', slot.slice(0, 8), '--plan'], { env })
    expect(plan).toMatchObject({
      planned: true,
      plan: { operation: 'key remove', destroys: [`keys/${slot}`], objects: [`slot ${slot}`, `member ${member}`] },
    })
    expect(fs.existsSync(`${env.CAIRN_REPO}/keys/${slot}`)).toBe(true)
    expect(await place.json(['key', 'remove', slot, '--apply', plan.digest], { env })).toEqual({
      removed: slot,
      revoked: member,
      isOwn: false,
    })
    expect(fs.existsSync(`${env.CAIRN_REPO}/keys/${slot}`)).toBe(false)
    expect(await place.run(['log', '--identity', file], { env: stranger(env) })).toMatchObject({ code: 12 })
    expect((await list(env)).members.map(({ label }) => label)).not.toContain('gone')
    expect(await place.json(['verify'], { env })).toMatchObject({ ok: true })
  }, 60_000)

  test('without a plan and a terminal it stops', async () => {
    const env = ownersCopy()
    const { error } = await place.json(['key', 'remove', await slotLabelled(env, 'recovery code')], { env, code: 14 })
    expect(error).toMatchObject({ name: 'StopError', code: 'approval-needed', hint: expect.stringContaining('no grant covers this') })
    expect((await list(env)).slots).toHaveLength(2)
  }, 60_000)

  test('the last way in of an owner stays, however many readers and strange slots there are', async () => {
    const env = ownersCopy()
    await place.json(['key', 'add', '--new-identity', `r-${path.basename(env.CAIRN_HOME)}.json`, '--role', 'reader'], { env })
    await remove(env, await slotLabelled(env, 'recovery code'))
    const own = (await list(env)).slots.find(({ isOwn }) => isOwn)!.slot
    const { error } = await place.json(['key', 'remove', own, '--plan'], { env, code: 2 })
    expect(error).toMatchObject({ name: 'UsageError', code: 'last-way-in' })
  }, 60_000)

  test('an owner may remove the own slot while there is another', async () => {
    const env = ownersCopy()
    const code = await place.json(['key', 'add', '--new-recovery-code'], { env })
    const { slots } = await list(env)
    expect(slots.every(({ added }) => added > Date.UTC(2026) && added <= Date.now())).toBe(true)
    const own = slots.find(({ isOwn }) => isOwn)!.slot
    const { plan } = await place.json(['key', 'remove', own, '--plan'], { env })
    expect(plan.consequence).toContain('This is the key that you are using.')
    expect(await remove(env, own)).toMatchObject({ isOwn: true })
    expect(await place.run(['log'], { env })).toMatchObject({ code: 12 })
    const file = place.write('last-code.txt', code.recoveryCode)
    const { members } = (await place.json(['key', 'list', '--recovery-code-file', file], { env: stranger(env) })) as Listed
    expect(members.map(({ label }) => label).sort()).toEqual(['recovery code', 'recovery code'])
  }, 60_000)

  test('a plan is no yes any more once a commit came between', async () => {
    const env = ownersCopy()
    const slot = await slotLabelled(env, 'recovery code')
    const { digest } = await place.json(['key', 'remove', slot, '--plan'], { env })
    await place.json(['commit', 'sample', '--name', 's'], { env })
    const { error } = await place.json(['key', 'remove', slot, '--apply', digest], { env, code: 14 })
    expect(error).toMatchObject({ code: 'plan-changed', message: expect.stringContaining('the journal') })
  }, 60_000)

  test('a slot that somebody put there is shown as nobody’s, and taking it away revokes nobody', async () => {
    const env = ownersCopy()
    const own = (await list(env)).slots.find(({ isOwn }) => isOwn)!.slot
    const other = await JournalPlace.made(0)
    const [foreign] = fs.readdirSync(`${other.at('repository')}/keys`)
    fs.copyFileSync(`${other.at('repository')}/keys/${foreign}`, `${env.CAIRN_REPO}/keys/${foreign}`)
    other.remove()
    expect((await list(env)).slots).toContainEqual(expect.objectContaining({ slot: foreign, known: 'unknown' }))
    expect(await remove(env, foreign!)).toEqual({ removed: foreign, revoked: null, isOwn: false })
    expect((await list(env)).slots.map(({ slot }) => slot)).toContain(own)
  }, 60_000)

  test('a recovery code whose slot has rotted: it is shown, replaced and removed', async () => {
    const env = ownersCopy()
    const slot = await slotLabelled(env, 'recovery code')
    const file = `${env.CAIRN_REPO}/keys/${slot}`
    const bytes = fs.readFileSync(file)
    const at = bytes.indexOf('wrapped') + 40
    bytes[at] = bytes[at]! ^ 1
    fs.writeFileSync(file, bytes)
    expect((await list(env)).slots).toContainEqual(expect.objectContaining({ slot, isSound: false }))
    await place.json(['key', 'add', '--new-recovery-code'], { env })
    expect(await remove(env, slot)).toMatchObject({ removed: slot })
    expect((await list(env)).slots.every(({ isSound }) => isSound)).toBe(true)
    expect(await place.json(['verify'], { env })).toMatchObject({ ok: true })
  }, 60_000)

  test.each(['00', 'zzzz', '0000'])(
    '%s names no slot',
    async (name) => {
      expect(await place.run(['key', 'remove', name, '--plan'], { env: ownersCopy() })).toMatchObject({
        code: 22,
        stderr: expect.stringContaining('4 digits or more'),
      })
    },
    60_000,
  )
})

describe('an AI agent with the owner’s identity', () => {
  const GRANT = ['grant', 'issue', '--command', 'restore', '--target', '/x', '--member', 'recovery code']

  test.each([
    ['key add', ['key', 'add', '--new-recovery-code']],
    ['key export', ['key', 'export', '--writer', '--series', 'x', '-o', 'agent.json']],
    ['grant issue', GRANT],
    ['grant revoke', ['grant', 'revoke', '0000']],
    ['repair index', ['repair', 'index']],
  ])(
    'is refused %s, and that is recorded',
    async (operation, args) => {
      const env = { ...ownersCopy(), CAIRN_ACTOR: 'agent:helper' }
      const { error } = await place.json(args, { env, code: 13 })
      expect(error).toMatchObject({ name: 'AccessError', code: 'agent-refused' })
      const { stdout } = await place.run(['journal', '--json'], { env })
      expect(stdout.trim().split('\n').at(-1)).toMatch(new RegExp(`action_refused.*${operation}`))
      expect(fs.existsSync(place.at('agent.json'))).toBe(false)
    },
    60_000,
  )

  test.each([
    ['key add', ['key', 'add', '--new-recovery-code']],
    ['key export', ['key', 'export', '--writer', '--series', 'x', '-o', 'schedule.json']],
    ['grant issue', GRANT],
  ])(
    'and a scheduled job is refused %s, too: it could give itself the rights that it lacks',
    async (operation, args) => {
      const env = { ...ownersCopy(), CAIRN_ACTOR: 'schedule:nightly' }
      const { error } = await place.json(args, { env, code: 13 })
      expect(error).toMatchObject({ name: 'AccessError', code: 'schedule-refused' })
      const { stdout } = await place.run(['journal', '--json'], { env })
      expect(stdout.trim().split('\n').at(-1)).toMatch(new RegExp(`action_refused.*${operation}`))
    },
    60_000,
  )

  test('may plan to remove a key, and may not remove it', async () => {
    const env = ownersCopy()
    const agent = { ...env, CAIRN_ACTOR: 'agent:helper' }
    const slot = await slotLabelled(env, 'recovery code')
    const { digest } = await place.json(['key', 'remove', slot, '--plan'], { env: agent })
    expect(await place.run(['key', 'remove', slot, '--apply', digest], { env: agent })).toMatchObject({ code: 13 })
    expect(fs.existsSync(`${env.CAIRN_REPO}/keys/${slot}`)).toBe(true)
    expect(await place.json(['key', 'remove', slot, '--apply', digest], { env })).toMatchObject({ removed: slot })
  }, 60_000)
})
