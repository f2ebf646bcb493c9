// The table of SPEC.md §11, cell by cell: each command is run by the real program with the key of an owner, a reader, a writer and
// nobody. What a key may not do is refused, and changes nothing.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeIdentityFile } from '../../format/identity-file.ts'
import { createIdentity } from '../../src/repository/crypto/identity.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import type { CliResult } from '../support/cli-process.ts'
import { JournalPlace, overwriteStore, type PlaceEnv } from '../support/journal-place.ts'

const COLUMNS = ['owner', 'reader', 'writer', 'nobody'] as const
type Who = (typeof COLUMNS)[number]

/** Exit codes: done; no key opens it, or its member may not; a person has to decide. */
const DONE = 0
const REFUSED = [12, 13]
const STOPPED = 14
/** What a member that was refused may leave in the journal. */
const LOGGED = new Set(['repair_failed', 'action_refused'])

interface Row {
  readonly command: string
  readonly cells: Readonly<Record<Who, string>>
}

/** The table as it stands in SPEC.md. */
function tableOfSpec(): Row[] {
  const spec = fs.readFileSync(path.join(import.meta.dirname, '../../SPEC.md'), 'utf8')
  const section = spec.slice(spec.indexOf('## 11. '), spec.indexOf('## 12. '))
  const lines = section.split('\n').filter((line) => line.startsWith('| `'))
  return lines.flatMap((line) => {
    const [commands = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const who = Object.fromEntries(COLUMNS.map((name, i) => [name, cells[i] ?? ''])) as Record<Who, string>
    return [...commands.matchAll(/`([^`]+)`/g)].map(([, command]) => ({ command: command!, cells: who }))
  })
}

let place: JournalPlace
/** The store before its last entries, for `journal accept`. */
let old: PlaceEnv
/** A place of its own for each key. */
const places = {} as Record<Who, PlaceEnv>
let slot = ''
let grant = ''

beforeAll(async () => {
  place = await JournalPlace.made(1)
  for (const who of COLUMNS) place.write(`full-${who}/there`, 'already')
  const { repository } = await place.json(['status'])
  fs.copyFileSync(fs.globSync(`${place.at('home')}/identities/*.json`)[0]!, place.at('owner.json'))
  fs.chmodSync(place.at('owner.json'), 0o600)
  await place.json(['key', 'add', '--new-identity', 'reader.json', '--role', 'reader'])
  await place.json(['key', 'export', '--writer', '--series', 'own', '-o', 'writer.json'])
  fs.writeFileSync(place.at('nobody.json'), strangersIdentity(repository), { mode: 0o600 })
  slot = (await place.json(['key', 'add', '--new-identity', 'spare.json', '--role', 'reader'])).slot
  grant = (await place.json(['grant', 'issue', '--command', 'restore', '--target', 'x', '--member', 'spare'])).grant
  await place.json(['tag', 'kept', 'latest'])
  old = place.copy()
  await place.json(['tag', 'later', 'latest'])
  for (const who of COLUMNS) places[who] = freshPlace()
}, 120_000)
afterAll(() => place.remove())

/** An identity that names the right repository, and opens nothing of it. */
function strangersIdentity(repository: string): string {
  const { signing, signingSeed, unlockSeed } = createIdentity()
  return encodeIdentityFile({
    repository: Buffer.from(repository, 'hex'),
    member: signing.memberId,
    slot: randomBytes(16),
    label: 'x',
    signingSeed,
    unlockSeed,
  })
}

/** The store, with an empty home. */
function freshPlace(): PlaceEnv {
  const { CAIRN_REPO } = place.copy()
  return { CAIRN_REPO, CAIRN_HOME: fs.mkdtempSync(place.at('home-')) }
}

type Run = (args: readonly string[]) => Promise<CliResult>

/** How each command of the table is tried: one or more command lines, of which the last one counts. */
const COMMANDS: Readonly<Record<string, (run: Run, who: Who) => Promise<CliResult>>> = {
  commit: (run) => run(['commit', 'sample', '--name', 'own']),
  log: (run) => run(['log']),
  status: (run) => run(['status']),
  show: (run) => run(['show', 'kept']),
  ls: (run) => run(['ls', 'kept']),
  cat: (run) => run(['cat', 'kept:f']),
  find: (run) => run(['find', 'kept', 'f']),
  diff: (run) => run(['diff', 'kept', './sample']),
  stats: (run) => run(['stats', 'kept']),
  verify: async (run) => worst(await run(['verify']), await run(['verify', '--data'])),
  restore: (run, who) => run(['restore', 'kept', '--to', place.at(`back-${who}`)]),
  'restore --dry-run': (run, who) => run(['restore', 'kept', '--to', place.at(`dry-${who}`), '--dry-run']),
  'restore --replace': (run, who) => run(['restore', 'kept', '--to', place.at(`full-${who}`), '--replace']),
  'restore --replace-contents': (run, who) => run(['restore', 'kept', '--to', place.at(`full-${who}`), '--replace-contents']),
  tag: async (run, who) => worst(await run(['tag', `by-${who}`, 'kept']), await run(['tag', '--remove', 'kept'])),
  'repair index': (run) => run(['repair', 'index']),
  'key list': (run) => run(['key', 'list']),
  'grant list': (run) => run(['grant', 'list']),
  'key add': (run, who) => run(['key', 'add', '--new-identity', `added-by-${who}.json`]),
  'key remove': (run) => approved(run, ['key', 'remove', slot]),
  'key export': (run, who) => run(['key', 'export', '--writer', '--series', 'x', '-o', `exported-by-${who}.json`]),
  'grant issue': (run) => run(['grant', 'issue', '--command', 'restore', '--target', '/x', '--member', 'reader']),
  'grant revoke': (run) => run(['grant', 'revoke', grant]),
  journal: (run) => run(['journal']),
  'journal verify': (run) => run(['journal', 'verify']),
  'journal accept': (run, who) => {
    const lost = places[who]
    return whileRolledBack(lost, () => approved(run, ['journal', 'accept', '--reason', 'the disk came back']))
  },
}

/** Plans, and applies what was planned. */
async function approved(run: Run, args: readonly string[]): Promise<CliResult> {
  const planned = await run([...args, '--plan'])
  if (planned.code !== DONE) return planned
  return run([...args, '--apply', (JSON.parse(planned.stdout) as { digest: string }).digest])
}

/** The result that went further wrong. */
function worst(one: CliResult, two: CliResult): CliResult {
  return (one.code ?? 255) > (two.code ?? 255) ? one : two
}

/** Gives the client an older store than it saw, and the store of before back afterwards. */
async function whileRolledBack(env: PlaceEnv, work: () => Promise<CliResult>): Promise<CliResult> {
  const kept = `${env.CAIRN_REPO}-kept`
  fs.cpSync(env.CAIRN_REPO, kept, { recursive: true })
  overwriteStore(env, old)
  try {
    return await work()
  } finally {
    overwriteStore(env, { ...env, CAIRN_REPO: kept })
    fs.rmSync(kept, { recursive: true })
  }
}

/** Everything in a store that a refused command might have changed. */
function storeNames({ CAIRN_REPO }: PlaceEnv): string[] {
  const names = fs.readdirSync(CAIRN_REPO, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => !/^(tmp|leases)/.test(name)).sort()
}

/** That it was tried may stand in the journal; nothing else may be new. */
async function expectNoEffect(env: PlaceEnv, before: readonly string[], said: string): Promise<void> {
  const added = storeNames(env).filter((name) => !before.includes(name))
  const entries = added.filter((name) => name.startsWith('journal/'))
  expect(added, said).toEqual(entries)
  expect(storeNames(env).length, said).toBe(before.length + added.length)
  if (entries.length === 0) return
  const args = ['journal', '--json', '--identity', place.at('owner.json'), '--limit', String(entries.length)]
  const { stdout } = await place.run(args, { env: { ...env, CAIRN_HOME: fs.mkdtempSync(place.at('home-')) } })
  const events = [...stdout.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event)
  expect(events.length, said).toBe(entries.length)
  for (const event of events) expect(LOGGED, said).toContain(event)
}

describe('the table', () => {
  const rows = tableOfSpec()

  test('names every command that is tried here, and no other', () => {
    expect(rows.map(({ command }) => command).sort()).toEqual(Object.keys(COMMANDS).sort())
    expect(rows.length).toBeGreaterThan(20)
  })

  test('has only cells that are known', () => {
    expect(new Set(rows.flatMap(({ cells }) => Object.values(cells)))).toEqual(new Set(['yes', 'no', 'plan', 'its series']))
  })

  // One key after the other, each in a place of its own; the commands of one key in order, since some change the repository.
  test.concurrent.each(COLUMNS)(
    '%s',
    async (who) => {
      const env = places[who]
      const run: Run = (args) => place.run([...args, '--identity', place.at(`${who}.json`), '--json'], { env })
      // The client sees the newest state first, or there would be nothing to lose.
      await run(['log'])
      for (const { command, cells } of rows) {
        const before = storeNames(env)
        const result = await COMMANDS[command]!(run, who)
        const said = `${who}: ${command}: exit ${result.code}\n${result.stdout.slice(-600)}${result.stderr}`
        if (cells[who] === 'yes' || cells[who] === 'its series') expect(result.code, said).toBe(DONE)
        else if (cells[who] === 'no') expect(REFUSED, said).toContain(result.code)
        else expect(result.code, said).toBe(STOPPED)
        if (cells[who] === 'no') await expectNoEffect(env, before, said)
        if (cells[who] === 'plan') await planOnly(run, command.replace('restore ', ''), who, said)
      }
    },
    240_000,
  )

  async function planOnly(run: Run, way: string, who: Who, said: string): Promise<void> {
    expect(said).toContain('approval-needed')
    const result = await approved(run, ['restore', 'kept', '--to', place.at(`full-${who}`), way])
    expect(result.code, `${said}${result.stdout}${result.stderr}`).toBe(DONE)
  }
})

test('a writer commits to its own series, and to no other', async () => {
  const run: Run = (args) => place.run([...args, '--identity', place.at('writer.json'), '--json'], { env: freshPlace() })
  expect(await run(['commit', 'sample', '--name', 'own'])).toMatchObject({ code: DONE })
  expect(await run(['commit', 'sample', '--name', 's'])).toMatchObject({ code: 13 })
}, 60_000)
