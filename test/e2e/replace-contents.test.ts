// `cairn restore --replace-contents`: the program, on a directory and on a mount point.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { entriesOf, fill, keptIn, linesOfFill, stagingsIn } from '../support/contents-target.ts'
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts'

const whyNoDisk = whyNoSmallDisk()
const place = new CliPlace()

beforeAll(async () => {
  await place.json(['init', '--recovery-code-file', 'code.txt'])
  fs.mkdirSync(place.at('tree'))
  fill(place.at('tree'), 'new')
  fs.chmodSync(place.at('tree'), 0o1751)
  fs.utimesSync(place.at('tree'), 1_000_000, 1_000_000)
  await place.json(['commit', 'tree', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

const args = (to: string): string[] => ['restore', 's', '--to', to, '--replace-contents']

function full(name: string): string {
  fs.mkdirSync(place.at(name))
  fill(place.at(name), 'old')
  return place.at(name)
}

function expectExchanged(target: string, oldPath: string): void {
  expect([entriesOf(target), entriesOf(oldPath)]).toEqual(['new', 'old'].map(linesOfFill))
  expect([keptIn(target), stagingsIn(target)]).toEqual([[oldPath], []])
  const { mode, mtimeMs } = fs.statSync(target)
  expect([mode & 0o7777, mtimeMs]).toEqual([0o1751, 1_000_000_000])
}

describe('a full directory', () => {
  test('is exchanged by an approved plan, which says that this is not atomic', async () => {
    const target = full('full')
    const { ino } = fs.statSync(target)
    expect((await place.json(args('full'), { code: 14 })).error).toMatchObject({
      code: 'approval-needed',
      hint: expect.stringContaining(`cairn grant issue --command 'restore --replace-contents' --target '${target}'`),
    })
    const { plan, digest } = await place.json([...args('full'), '--plan'])
    expect(plan).toMatchObject({
      operation: 'restore --replace-contents',
      destroys: [target],
      target,
      consequence: expect.stringMatching(/stays.*not atomic.*\.cairn-old-/),
    })
    const apply = [...args('full'), '--apply', digest]
    expect((await place.json(apply, { env: { CAIRN_ACTOR: 'agent:bot' }, code: 13 })).error.code).toBe('agent-refused')
    expect([entriesOf(target), keptIn(target), stagingsIn(target)]).toEqual([linesOfFill('old'), [], []])
    const done = await place.json(apply)
    expect(done).toMatchObject({ path: target, complete: true, errors: 0 })
    expect(fs.statSync(target).ino).toBe(ino)
    expectExchanged(target, done.oldPath)
  }, 60_000)

  test('is another plan than that of --replace, and one that does not hold after a change', async () => {
    full('other')
    const { digest: other } = await place.json(['restore', 's', '--to', 'other', '--replace', '--plan'])
    const { digest } = await place.json([...args('other'), '--plan'])
    expect(other).not.toBe(digest)
    expect((await place.json([...args('other'), '--apply', other], { code: 14 })).error.code).toBe('plan-changed')
    fs.writeFileSync(place.at('other/old-file'), 'changed')
    const { error } = await place.json([...args('other'), '--apply', digest], { code: 14 })
    expect([error.code, error.message]).toEqual(['plan-changed', expect.stringContaining("the target's state")])
    expect(entriesOf(place.at('other'))).toContain('old-file changed')
  }, 60_000)

  test('is exchanged by a scheduled job with a grant for exactly that, and with no other', async () => {
    const target = full('granted')
    const schedule = { env: { CAIRN_ACTOR: 'schedule:nightly' } }
    const issue = async (command: string): Promise<void> => {
      const { members } = await place.json(['key', 'list'])
      const grant = ['grant', 'issue', '--command', command, '--target', target, '--member', members[0].member.slice(0, 12)]
      await place.json(grant)
    }
    await issue('restore')
    expect((await place.json(args('granted'), { ...schedule, code: 14 })).error.code).toBe('approval-needed')
    await issue('restore --replace-contents')
    expectExchanged(target, (await place.json(args('granted'), schedule)).oldPath)
  }, 60_000)
})

test('an empty directory gets its contents without a plan, an absent one appears, and both can be looked at first', async () => {
  fs.mkdirSync(place.at('empty'))
  expect(await place.json([...args('empty'), '--dry-run'])).toMatchObject({ target: 'empty', replacing: 'contents' })
  const { ino } = fs.statSync(place.at('empty'))
  expect((await place.json(args('empty'))).oldPath).toBeUndefined()
  expect(fs.statSync(place.at('empty')).ino).toBe(ino)
  await place.json(args('absent'))
  for (const name of ['empty', 'absent']) expect(entriesOf(place.at(name))).toEqual(linesOfFill('new'))
}, 60_000)

test.each([
  [['--replace'], 'replace-twice'],
  [['--allow-two-renames'], 'replace-needed'],
])('with %s it is a wrong command line', async (more, code) => {
  expect((await place.json([...args('nowhere'), ...more], { code: 2 })).error.code).toBe(code)
})

test('an exchange that was interrupted is told by the plan, with both places, and brought to its end first', async () => {
  const target = full('halved')
  halve(target)
  const [kept] = keptIn(target)
  const [staging] = stagingsIn(target)
  const { plan, digest } = await place.json([...args('halved'), '--plan'])
  for (const part of ['was interrupted', `to ${kept!} is moved back first`, `in ${staging!}/tree`]) expect(plan.consequence).toContain(part)
  const { stderr, code } = await place.run([...args('halved'), '--apply', digest])
  expect([code, stderr]).toEqual([0, expect.stringContaining('was interrupted')])
  expectExchanged(target, keptIn(target)[0]!)
}, 60_000)

/** What a process leaves that is killed after its first move. */
function halve(target: string): void {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => {
      const loaded = next(url, context)
      if (!url.endsWith('targets/move-entry.ts')) return loaded
      return { ...loaded, source: String(loaded.source).replace('renameFree(fromFd, name, toFd)', 'renameFree(fromFd, name, toFd); process.kill(process.pid, "SIGKILL")') }
    } })
    const { ContentsStaging } = await import('${import.meta.dirname}/../../src/targets/contents-staging.ts')
    const { issuePermit } = await import('${import.meta.dirname}/../../src/runtime/permit.ts')
    ContentsStaging.create(process.argv[1], { replace: true }).finish({ permit: issuePermit('test', () => true) })`
  expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script, target], { stdio: 'pipe' })).toThrow(
    expect.objectContaining({ signal: 'SIGKILL' }),
  )
}

describe.skipIf(whyNoDisk !== undefined)(`a mount point${whyNoDisk === undefined ? '' : ` (${whyNoDisk})`}`, () => {
  test('stays one, and has no room for more than there is', async () => {
    const target = place.at('mounted')
    const disk = SmallDisk.mount(target, { bytes: 4 << 20 })
    try {
      fill(target, 'old')
      const { dev } = fs.statSync(target)
      const swapped = await place.json(['restore', 's', '--to', 'mounted', '--replace', '--plan'], { code: 14 })
      expect(swapped.error).toMatchObject({ code: 'mount-point', hint: expect.stringContaining('--replace-contents') })
      const { digest } = await place.json([...args('mounted'), '--plan'])
      const { oldPath } = await place.json([...args('mounted'), '--apply', digest])
      expect(fs.statSync(target).dev).toBe(dev)
      expectExchanged(target, oldPath)
      place.write('large/file', Buffer.alloc(5 << 20, 'x'))
      await place.json(['commit', 'large', '--name', 'large'])
      const large = ['restore', 'large', '--to', 'mounted', '--replace-contents', '--plan']
      expect((await place.json(large, { code: 30 })).error.code).toBe('target-no-space')
    } finally {
      disk.unmount()
    }
  }, 90_000)

  test('with something mounted below is a STOP that names it', async () => {
    const target = full('around')
    const disk = SmallDisk.mount(`${target}/inner`, { bytes: 1 << 20 })
    try {
      const { error } = await place.json([...args('around'), '--plan'], { code: 14 })
      expect(error).toMatchObject({ code: 'mount-point', message: expect.stringContaining(`${target}/inner is mounted in it`) })
    } finally {
      disk.unmount()
    }
  }, 60_000)
})
