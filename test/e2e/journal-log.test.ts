// `cairn journal` and `cairn journal verify` on a journal where nothing is wrong, and on one with junk in it.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JournalPlace, lastSlot, slotFile } from '../support/journal-place.ts'

let place: JournalPlace
let repository = ''

beforeAll(async () => {
  place = await JournalPlace.made(1)
  repository = (await place.json(['status'])).repository
  await place.json(['tag', 'one', 'latest'])
}, 60_000)
afterAll(() => place.remove())

interface LogJson {
  readonly sequence: number
  readonly event?: string
  readonly link: string
  readonly records?: readonly { readonly event: string }[]
}

async function logLines(args: readonly string[], env: Record<string, string> = {}): Promise<LogJson[]> {
  const { stdout } = await place.run(['journal', '--json', ...args], { env })
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogJson)
}

describe('journal', () => {
  test('is a table for people, with the records of audit batches', async () => {
    const { stdout, stderr, code } = await place.run(['journal'])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^entry {2}time \(UTC\) +member +event +details$/)
    expect(lines[1]).toMatch(/^ {4}0 .* repository_created +test, 2 members$/)
    expect(lines.filter((line) => line.startsWith('    ·')).map((line) => line.split(/ {2,}/)[4])).toEqual([
      'backup_started',
      'backup_completed',
    ])
    expect(lines.at(-1)).toMatch(/tag_set +one → [0-9a-f]{8}$/)
  })

  test('is one object a line for programs', async () => {
    const lines = await logLines([])
    expect(lines.map(({ sequence, event }) => [sequence, event])).toEqual([
      [0, 'repository_created'],
      [1, 'snapshot_created'],
      [2, 'audit_batch'],
      [3, 'tag_set'],
    ])
    expect(lines[0]?.link).toBe(repository)
    expect(lines[1]).toMatchObject({
      label: expect.any(String),
      details: { series: 's' },
      clear: { manifest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    expect(lines[2]?.records?.map(({ event }) => event)).toEqual(['backup_started', 'backup_completed'])
  })

  test('--since and --limit choose a part', async () => {
    const sequences = async (...args: string[]) => (await logLines(args)).map(({ sequence }) => sequence)
    expect(await sequences('--since', '2')).toEqual([2, 3])
    expect(await sequences('--limit', '1')).toEqual([3])
    expect(await sequences('--since', '1', '-n', '2')).toEqual([2, 3])
    for (const wrong of [
      ['--since', '-1'],
      ['--since', 'x'],
      ['--limit', '0'],
      ['--limit', '1.5'],
    ])
      await place.json(['journal', ...wrong], { code: 2 })
  })
})

describe('journal verify', () => {
  test('needs no key, no identity and no home, and makes none', async () => {
    const env = { CAIRN_HOME: place.at('nobody') }
    expect(await place.json(['journal', 'verify'], { env })).toMatchObject({
      ok: true,
      repository,
      isExpected: false,
      freshness: 'unknown',
      entries: 4,
      head: { sequence: 3 },
      voids: [],
      problems: [],
    })
    const { stdout } = await place.run(['journal', 'verify', '--expect', repository.toUpperCase()], { env })
    expect(stdout).toContain('freshness unknown')
    expect(stdout).toContain('The journal is in order.')
    expect(fs.existsSync(place.at('nobody'))).toBe(false)
  })

  test('uses what this machine verified before', async () => {
    expect(await place.json(['journal', 'verify'])).toMatchObject({ ok: true, isExpected: true, freshness: 'pinned', pin: { sequence: 3 } })
  })

  test('21 for another repository than the expected one, 2 for what is no id, 10 where there is none', async () => {
    const { ok, problems } = await place.json(['journal', 'verify', '--expect', '00'.repeat(32)], { code: 21 })
    expect([ok, problems[0].code]).toEqual([false, 'repository-replaced'])
    const { stdout } = await place.run(['journal', 'verify', '--expect', '00'.repeat(32)])
    expect(stdout).toContain('this is not the repository that was expected')
    await place.json(['journal', 'verify', '--expect', '00'], { code: 2 })
    fs.mkdirSync(place.at('empty'))
    await place.json(['journal', 'verify', '--repo', place.at('empty')], { code: 10 })
  })

  test('sees a slot that was changed, however little', async () => {
    const env = place.copy()
    const file = slotFile(env, 1)
    const bytes = fs.readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    fs.rmSync(file)
    fs.writeFileSync(file, bytes)
    const { ok, problems } = await place.json(['journal', 'verify'], { env: { ...env, CAIRN_HOME: place.at('nobody') }, code: 21 })
    expect([ok, problems.map(({ code }: { code: string }) => code)]).toEqual([false, ['journal-rewritten']])
  })
})

describe('junk in a slot', () => {
  test('is reported loudly and harms nothing', async () => {
    const env = place.copy()
    const junk = lastSlot(env) + 1
    fs.writeFileSync(slotFile(env, junk), 'junk')
    await place.json(['commit', 'sample', '--name', 's'], { env })
    expect((await place.json(['log'], { env })).snapshots).toHaveLength(2)
    const { code, stdout, stderr } = await place.run(['journal'], { env })
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^ +${junk} +VOID +counts for nothing: form$`, 'm'))
    expect(stderr).toContain(`WARNING: 1 journal slot void`)
    expect((await logLines([], env))[junk]).toEqual({ sequence: junk, link: expect.any(String), void: 'form' })
    const verified = await place.run(['journal', 'verify'], { env })
    expect([verified.code, verified.stderr]).toEqual([0, expect.stringContaining(`${junk} (form)`)])
    expect(await place.json(['journal', 'verify'], { env })).toMatchObject({ ok: true, voids: [{ sequence: junk, reason: 'form' }] })
  })
})
