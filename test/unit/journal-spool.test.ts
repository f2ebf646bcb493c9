import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { journalKey } from '../../format/store-key.ts'
import { StoreError } from '../../src/errors.ts'
import type { SigningKey } from '../../src/repository/crypto/signing.ts'
import { recordEvent, Spool } from '../../src/repository/journal/spool.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { change, fixture, forge, JOURNAL_KEY, key, OWNER, plant } from '../support/journal-fixture.ts'

let base: string
let directory: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'spool-'))
  directory = join(base, 'spool')
})
afterEach(() => rm(base, { recursive: true, force: true }))

async function started(signing: SigningKey = OWNER) {
  const made = await fixture()
  const options = { directory, repository: made.genesis.id, journalKey: JOURNAL_KEY, signing }
  return { ...made, journal: await made.open(), spool: new Spool(options), options }
}

async function recordsOf(journal: Awaited<ReturnType<typeof started>>['journal']) {
  const lines = await Array.fromAsync(journal.entries())
  return lines.flatMap(({ records }) => records ?? []).map(({ record, details, problem }) => [record?.event, details, problem])
}

test('events wait in files of mode 0600 and follow in one batch, oldest first', async () => {
  const { journal, spool } = await started()
  expect(await spool.pending()).toBe(0)
  expect(await spool.drain(journal)).toEqual({ sent: 0, aside: [] })
  await spool.add('backup_started', { n: 1 })
  shiftClock(5)
  await spool.add('backup_failed', { n: 2 })
  shiftClock(0)
  const names = await readdir(directory)
  expect(names).toHaveLength(2)
  for (const name of names) {
    expect((await lstat(join(directory, name))).mode & 0o777).toBe(0o600)
  }
  expect((await lstat(directory)).mode & 0o777).toBe(0o700)
  expect(await spool.pending()).toBe(2)
  expect(await spool.drain(journal)).toEqual({ sent: 2, aside: [] })
  expect(await readdir(directory)).toEqual([])
  expect(journal.state.head.sequence).toBe(1)
  expect(await recordsOf(journal)).toEqual([
    ['backup_started', { n: 1 }, undefined],
    ['backup_failed', { n: 2 }, undefined],
  ])
})

test('many records make several batches, each within a slot', async () => {
  const { journal, spool } = await started()
  for (let i = 0; i < 9; i += 1) {
    await spool.add('backup_failed', { text: Buffer.alloc(200_000, i).toString('latin1') + randomBytes(4).toString('hex') })
  }
  const { sent } = await spool.drain(journal)
  expect(sent).toBe(9)
  expect(await recordsOf(journal)).toHaveLength(9)
})

test('only events without effect can wait, and no more than 256 KiB of details', async () => {
  const { spool } = await started()
  await expect(spool.add('tag_set', { name: 'x' })).rejects.toMatchObject({ code: 'not-spoolable' })
  await expect(spool.add('permission_change', { labels: {}, series: {}, reason: '' })).rejects.toMatchObject({ code: 'not-spoolable' })
  await expect(spool.add('backup_failed', { bytes: randomBytes(300_000) })).rejects.toMatchObject({ code: 'not-spoolable' })
  expect(await spool.pending()).toBe(0)
})

test('a corrupt, foreign or forged record is set aside and told, the others follow', async () => {
  const { journal, spool, options } = await started()
  const other = await fixture()
  await spool.add('backup_failed', { n: 1 })
  const [name] = await readdir(directory)
  const bytes = await readFile(join(directory, name!))
  bytes[bytes.length - 1]! ^= 1
  const put = (first: string, content: Uint8Array) => writeFile(join(directory, `${first.repeat(16)}-${'0'.repeat(16)}.record`), content)
  await put('1', bytes)
  await put('2', Buffer.from('junk'))
  await put('3', Buffer.alloc(400_000))
  await put('4', Buffer.alloc(0))
  await writeFile(join(directory, 'notes.txt'), 'mine')
  await new Spool({ ...options, repository: other.genesis.id }).add('backup_failed', { n: 2 })
  await new Spool({ ...options, signing: key(66) }).add('backup_failed', { n: 3 })
  const report = await spool.drain(journal)
  expect(report.sent).toBe(1)
  expect(report.aside.map(({ problem }) => problem).toSorted()).toEqual(['form', 'form', 'form', 'member', 'repository', 'signature'])
  for (const { path } of report.aside) {
    expect((await lstat(path)).isFile()).toBe(true)
  }
  expect(await readdir(directory)).toHaveLength(7)
  expect(await spool.drain(journal)).toEqual({ sent: 0, aside: [] })
  expect(await recordsOf(journal)).toEqual([['backup_failed', { n: 1 }, undefined]])
})

test('a record counts only if its own member may write its event, whoever carries it', async () => {
  const { journal, options } = await started()
  const writer = key(2)
  await change(journal, { add: [{ signing: writer, roles: ['writer'] }] })
  await new Spool({ ...options, signing: writer }).add('backup_completed', { ok: true })
  const carried = await readFile(join(directory, (await readdir(directory))[0]!))
  await new Spool({ ...options, directory: `${directory}2`, signing: writer }).add('restore_completed', { forged: true })
  const wrong = await readFile(join(`${directory}2`, (await readdir(`${directory}2`))[0]!))
  const at = { repository: journal.repository, head: journal.pin() }
  await plant(journal, forge(at, OWNER, 'audit_batch', { records: [carried, wrong, carried, Buffer.from('junk')] }))
  await change(journal, { remove: [writer] })
  expect(await recordsOf(journal)).toEqual([
    ['backup_completed', { ok: true }, undefined],
    [undefined, undefined, 'role'],
    ['backup_completed', { ok: true }, 'twice'],
    [undefined, undefined, 'form'],
  ])
})

test('recordEvent writes, or spools when the store does not take it, and the next success carries it along', async () => {
  const { store, open, spool } = await started()
  let down = true
  const faulty = new FaultyStore(store, {
    plan: ({ method }) =>
      down && method === 'put' ? { action: 'fail', when: 'before', error: new StoreError('store-io', 'down') } : undefined,
  })
  const journal = await open({ store: faulty })
  expect(await recordEvent(journal, spool, OWNER, 'backup_failed', { n: 1 })).toMatchObject({
    outcome: 'spooled',
    problem: { code: 'store-io' },
  })
  expect(await recordEvent(undefined, spool, OWNER, 'backup_failed', { n: 2 })).toEqual({ outcome: 'spooled' })
  down = false
  expect(await recordEvent(journal, spool, OWNER, 'backup_completed', { n: 3 })).toEqual({
    outcome: 'written',
    drained: { sent: 2, aside: [] },
  })
  expect(journal.state.head.sequence).toBe(2)
  await expect(recordEvent(journal, spool, key(66), 'backup_failed', {})).rejects.toMatchObject({ name: 'AccessError', code: 'member' })
})

test('a crash between append and removal writes a record twice, and the log marks the second', async () => {
  const { journal, spool } = await started()
  await spool.add('backup_failed', { n: 1 })
  const [name] = await readdir(directory)
  const kept = await readFile(join(directory, name!))
  await spool.drain(journal)
  await writeFile(join(directory, name!), kept)
  await spool.drain(journal)
  expect((await recordsOf(journal)).map(([, , problem]) => problem)).toEqual([undefined, 'twice'])
})

test('a spool that cannot be written is an error with a hint', async () => {
  const { options } = await started()
  await writeFile(join(base, 'file'), '')
  const spool = new Spool({ ...options, directory: join(base, 'file', 'spool') })
  await expect(spool.add('backup_failed', {})).rejects.toMatchObject({
    name: 'StoreError',
    code: 'spool-io',
    hint: expect.stringMatching(/./),
  })
})

test('an event waits where slots became void while this process ran, and follows when they are no longer the last', async () => {
  const { store, journal, spool } = await started()
  await spool.add('backup_started', { n: 1 })
  await store.put(journalKey(1), Buffer.from('an entry that was damaged'))
  expect(await recordEvent(journal, spool, OWNER, 'backup_failed', { n: 2 })).toMatchObject({
    outcome: 'spooled',
    problem: { name: 'StoreError', code: 'journal-void-end' },
  })
  await expect(spool.drain(journal)).rejects.toMatchObject({ code: 'journal-void-end' })
  expect([journal.state.head.sequence, await spool.pending()]).toEqual([1, 2])
  await change(journal, { add: [{ signing: key(7), roles: ['reader'] }] })
  expect(await spool.drain(journal)).toEqual({ sent: 2, aside: [] })
})
