// The everyday commands, as a person and a program use them, on one repository.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
/** Root may read any file, save those of the kernel that nobody can read. */
const UNREADABLE = fs.globSync('/sys/bus/*/drivers_probe')[0]
const HOSTILE = Buffer.concat([Buffer.from('red\n\x1b[31m'), Buffer.from([0xff])])
/** SPEC §6.5 without `format`, which is 1 in all; `root` is told as the mode that a restored tree gets. */
const MANIFEST_FIELDS = fieldsOf(
  'backupId contentId series parents createdAt durationMs createdBy actor source description requestId environment host ' +
    'toolVersion applicationVersion storageSpecVersion tags roots excludes statistics complete problems problemCount',
)
const STATISTICS_FIELDS = fieldsOf('files directories symlinks others bytes newBytes storedBytes newFiles changedFiles classes')
let first = ''
let second = ''

beforeAll(async () => {
  makeSample()
  await place.json(['init', '--name', 'test'])
  const facts = ['--tag', 'ticket=7', '--source', 'AI Refactor Task-12', '--environment', 'staging', '--request-id', 'r-1']
  const versions = ['--application-version', '2.1', '--storage-spec-version', '3', '--exclude', '*.none']
  first = (await place.json(['commit', 'sample', '--name', 's', '-m', 'the first', ...facts, ...versions])).snapshot
  fs.appendFileSync(place.at('sample/a/x.txt'), 'more\n')
  fs.chmodSync(place.at('sample/a/data.db'), 0o600)
  fs.rmSync(place.at('sample/link'))
  place.write('sample/new/q', 'q')
  second = (await place.json(['commit', 'sample', '--name', 's', '-m', 'the second'])).snapshot
}, 60_000)
afterAll(() => place.remove())

function fieldsOf(names: string): string[] {
  return names.split(' ').sort()
}

function makeSample(): void {
  place.write('sample/a/x.txt', 'hello\n')
  place.write('sample/a/data.db', 'db')
  place.write('sample/a/b/service.log', 'line\n'.repeat(50_000))
  fs.symlinkSync('a/x.txt', place.at('sample/link'))
  fs.writeFileSync(Buffer.concat([Buffer.from(`${place.at('sample')}/`), HOSTILE]), 'hostile')
}

describe('init', () => {
  test('tells programs what it made, and closes the identity to others', async () => {
    const made = await place.json(['init', place.at('other'), '--recovery-code-file', 'code.txt'], {
      env: { CAIRN_HOME: place.at('home-2') },
    })
    expect(made).toMatchObject({ repository: expect.stringMatching(/^[0-9a-f]{64}$/), location: place.at('other'), passphrase: false })
    expect(made).not.toHaveProperty('recoveryCode')
    expect(fs.statSync(made.identityFile).mode & 0o777).toBe(0o600)
    expect(fs.statSync(place.at('code.txt')).mode & 0o777).toBe(0o600)
    expect(fs.readFileSync(place.at('code.txt'), 'utf8')).toMatch(/^([0-9A-Z]{4}-){12}[0-9A-Z]{4}\n$/)
  })

  test('is quiet but for the recovery code that stands in no file', async () => {
    const env = { CAIRN_HOME: place.at('home-quiet'), CAIRN_REPO: place.at('quiet-1') }
    const code = expect.stringMatching(/^Recovery code .*:\n\n {2}([0-9A-Z]{4}-){12}[0-9A-Z]{4}\n\n$/)
    expect(await place.run(['init', '-q'], { env })).toEqual({ code: 0, stdout: code, stderr: '' })
    expect(await place.run(['key', 'add', '--new-recovery-code', '-q'], { env })).toEqual({ code: 0, stdout: code, stderr: '' })
    const silent = { code: 0, stdout: '', stderr: '' }
    expect(await place.run(['key', 'add', '--new-identity', place.at('quiet.json'), '-q'], { env })).toEqual(silent)
    expect(await place.run(['init', 'quiet-2', '-q', '--recovery-code-file', place.at('quiet.txt')], { env })).toEqual(silent)
  })

  test('does not touch a repository that is there', async () => {
    const before = fs.readdirSync(place.at(), { recursive: true }).length
    const { error } = await place.json(['init', '--recovery-code-file', 'again.txt'], { code: 2 })
    expect(fs.readdirSync(place.at(), { recursive: true })).toHaveLength(before)
    expect(error.name).toBe('UsageError')
    expect((await place.json(['log'])).snapshots).toHaveLength(2)
  })

  test('the recovery code and a passphrase open it without the home', async () => {
    const env = { CAIRN_HOME: place.at('home-3'), CAIRN_REPO: place.at('third'), CAIRN_PASSPHRASE: 'correct horse' }
    const { recoveryCode } = await place.json(['init'], { env })
    const code = place.write('code-3.txt', `${recoveryCode.toLowerCase().replaceAll('-', ' ')}\n`)
    const pass = place.write('pass.txt', 'correct horse\n')
    const elsewhere = { ...env, CAIRN_HOME: place.at('home-4'), CAIRN_PASSPHRASE: '' }
    expect((await place.json(['log', '--recovery-code-file', code], { env: elsewhere })).snapshots).toEqual([])
    expect((await place.json(['log', '--passphrase-file', pass], { env: elsewhere })).snapshots).toEqual([])
    expect((await place.json(['log'], { env: elsewhere, code: 12 })).error.code).toBe('no-identity')
    const wrong = place.write('wrong.txt', 'incorrect horse')
    expect((await place.json(['log', '--passphrase-file', wrong], { env: elsewhere, code: 12 })).error.name).toBe('KeyError')
    // Junk among the slots, of whatever size, keeps nobody out, and hides nothing.
    for (const [at, bytes] of [0, 1000, 70_000].entries()) place.write(`third/keys/${`${at}`.repeat(32)}`, randomBytes(bytes))
    fs.mkdirSync(place.at(`third/keys/${'4'.repeat(32)}`))
    expect((await place.json(['log', '--recovery-code-file', code], { env: elsewhere })).snapshots).toEqual([])
    expect((await place.json(['log', '--passphrase-file', pass], { env: elsewhere })).snapshots).toEqual([])
    const { error } = await place.json(['log', '--passphrase-file', wrong], { env: elsewhere, code: 12 })
    expect(error.code).toBe('wrong-passphrase')
  }, 60_000)
})

describe('commit', () => {
  test('ends with one object that says it all', async () => {
    const { stdout, code } = await place.run(['commit', 'sample', '--name', 'json', '--json'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(code).toBe(0)
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.slice(0, -1).every((line) => 'progress' in line)).toBe(true)
    expect(lines.length).toBeGreaterThan(1)
    const quiet = await place.run(['commit', 'sample', '--name', 'json', '--json', '-q'])
    expect([quiet.code, quiet.stdout]).toEqual([0, expect.stringMatching(/^\{"snapshot".*\}\n$/)])
    const end = lines.at(-1)
    expect(end.manifest).toBe(end.snapshot)
    expect(end).toMatchObject({ series: 'json', files: 5, directories: 4, errors: 0, problems: [], complete: true })
    for (const field of ['bytes', 'newBytes', 'storedBytes', 'durationMs']) expect(end[field], field).toBeTypeOf('number')
  })

  test('says little on a pipe, and nothing when asked for quiet', async () => {
    const plain = await place.run(['commit', 'sample', '--name', 'quiet'])
    expect(plain.stdout.split('\n')).toHaveLength(3)
    expect(plain.stderr).toBe('')
    for (const args of [['commit', 'sample', '--name', 'quiet'], ['verify'], ['journal', 'verify']])
      expect(await place.run([...args, '-q'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('names the series by the path, and keeps it to that source', async () => {
    place.write('elsewhere/f', 'f')
    const { series } = await place.json(['commit', 'elsewhere', '-m', `first line\n${'more '.repeat(100)}`])
    expect(series).toBe(place.at('elsewhere').slice(1))
    expect((await place.run(['log', place.at('elsewhere')])).stdout).toMatch(/first line …\n$/)
    fs.renameSync(place.at('elsewhere'), place.at('moved'))
    fs.symlinkSync(place.at('moved'), place.at('elsewhere'))
    expect((await place.json(['commit', 'moved', '--name', series])).series).toBe(series)
  })

  test('does not join a series of another source by accident', async () => {
    // Characters that a name cannot hold become dashes, so two paths may come to one name.
    place.write('x y/f', 'f')
    place.write('x-y/f', 'f')
    await place.json(['commit', 'x y'])
    expect((await place.json(['commit', 'x-y'], { code: 2 })).error.code).toBe('series-of-another-source')
  })

  test('leaves out what it is told to', async () => {
    place.write('sample-2/keep.txt', '1')
    place.write('sample-2/drop.tmp', '2')
    place.write('sample-2/deep/drop.log', '3')
    place.write('sample-2/cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n')
    place.write('sample-2/cache/big', '4')
    const patterns = place.write('patterns', '# comment\n\n*.log\n')
    await place.json(['commit', 'sample-2', '--name', 'x', '--exclude', '*.tmp', '--exclude-file', patterns, '--exclude-caches'])
    const { stdout } = await place.run(['ls', 'x', '-R'])
    expect(stdout.split('\n')).toEqual(['cache/', 'cache/CACHEDIR.TAG', 'deep/', 'keep.txt', ''])
    expect((await place.json(['show', 'x'])).excludes).toEqual(['*.log', '*.tmp'])
  })

  describe('of what holds the repository itself', () => {
    const inside = (): Record<string, string> => ({ CAIRN_REPO: place.at('around/deep/store') })

    beforeAll(async () => {
      place.write('around/deep/f', 'f')
      await place.json(['init'], { env: inside() })
      fs.symlinkSync('deep/store', place.at('around/link'))
    })

    test('leaves it out and says so, whatever path leads to it', async () => {
      const env = { ...inside(), CAIRN_REPO: place.at('around/link') }
      const { code, stdout, stderr } = await place.run(['commit', 'around', '--name', 'around'], { env })
      expect([code, stdout, stderr]).toEqual([
        0,
        expect.stringContaining('2 directories'),
        'left out deep/store: it is the repository itself\n',
      ])
      expect((await place.run(['ls', 'around', '-R'], { env })).stdout).toBe('deep/\ndeep/f\nlink\n')
      expect((await place.run(['diff', 'around', './around'], { env })).stderr).toBe('No difference.\n')
      const leftOut = [{ path: 'deep/store' }]
      expect(await place.json(['commit', 'around', '--name', 'around'], { env })).toMatchObject({
        files: 1,
        errors: 0,
        complete: true,
        leftOut,
      })
      expect(await place.json(['commit', 'around', '--name', 'around', '--dry-run'], { env })).toMatchObject({
        files: 1,
        errors: 0,
        leftOut,
      })
      const quiet = await place.run(['commit', 'around', '--name', 'around', '--quiet'], { env })
      expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' })
    }, 60_000)

    test('says nothing where it is excluded anyway, or is another repository', async () => {
      const excluded = await place.json(['commit', 'around', '--name', 'x', '--exclude', 'store'], { env: inside() })
      expect(excluded).toMatchObject({ files: 1, leftOut: [] })
      const other = await place.json(['commit', 'around', '--name', 'other'])
      expect(other.leftOut).toEqual([])
      expect(other.files).toBeGreaterThan(5)
    }, 60_000)

    test.each(['around/deep/store', 'around/link', 'around/deep/store/journal', 'around/deep/store/cairn.json'])(
      'refuses %s',
      async (named) => {
        for (const more of [[], ['--dry-run']]) {
          const { error } = await place.json(['commit', named, ...more], { env: inside(), code: 2 })
          expect(error).toMatchObject({ code: 'repository-itself', message: expect.stringContaining('cannot be backed up into itself') })
        }
      },
    )
  })

  test('a dry run counts what is new and changed, and stores nothing', async () => {
    const tree = (): string[] => fs.readdirSync(place.at('repository'), { recursive: true }).map(String).sort()
    const before = tree()
    expect(await place.json(['commit', 'sample', '--name', 'never', '--dry-run'])).toMatchObject({
      dryRun: true,
      files: 5,
      newFiles: 5,
      readBytes: 250_021,
    })
    fs.writeFileSync(place.at('sample/new/q'), 'changed')
    const found = await place.json(['commit', 'sample', '--name', 's', '--dry-run'])
    expect(found.newFiles).toBe(0)
    expect(found.changedFiles).toBeGreaterThanOrEqual(1)
    fs.writeFileSync(place.at('sample/new/q'), 'q')
    expect(tree()).toEqual(before)
  })

  test('takes a stream as a file', async () => {
    expect(await place.json(['commit', '--stdin', 'dump.sql'], { stdin: 'select 1;\n' })).toMatchObject({
      series: 'dump.sql',
      files: 1,
      bytes: 10,
    })
    expect((await place.run(['cat', 'dump.sql:dump.sql'])).stdout).toBe('select 1;\n')
    expect((await place.run(['commit', '--stdin', 'dump.sql', '-q'])).stderr).toContain('empty stream')
  })

  test.skipIf(UNREADABLE === undefined)('what cannot be read is recorded, told, and exit 3 (needs /sys)', async () => {
    const at = UNREADABLE!.slice(1)
    const { code, stderr, stdout } = await place.run(['commit', UNREADABLE!, 'sample', '--name', 'broken'])
    expect(code).toBe(3)
    expect(stdout).toContain('Partial')
    expect(stderr).toMatch(`unreadable ${at}: E`)
    expect(await place.json(['show', 'broken'])).toMatchObject({
      complete: false,
      problemCount: 1,
      problems: [{ path: at, kind: 'unreadable' }],
      backupMetadata: { status: 'partial' },
    })
    const { error } = await place.json(['commit', UNREADABLE!, '--name', 'nothing'], { code: 2 })
    expect(error).toMatchObject({ code: 'unreadable-root', message: expect.stringMatching(`${UNREADABLE} cannot be read \\(E`) })
  })

  test.each([
    [[], 'nothing-to-commit'],
    [['nowhere'], 'no-such-path'],
    [[''], 'empty-argument'],
    [['sample', '', '--name', 'two'], 'empty-argument'],
    [['sample', '--exclude-file', ''], 'empty-argument'],
    [['sample', 'home'], 'series-needed'],
    [['sample', '--name', '../x'], 'series-name'],
    [['sample', '--name', 'latest'], 'series-name'],
    [['sample', '--tag', 'novalue'], 'tag'],
    [['sample', '--tag', 'k=1', '--tag', 'k=2'], 'tag'],
    [['sample', '--exclude-file', 'nowhere'], 'exclude-file'],
    [['sample', '--stdin', 'x'], 'stdin-and-paths'],
    [['--stdin', 'a/b'], 'stdin-name'],
    [['--stdin', 'x', '--exclude', 'y'], 'stdin-option'],
    [['--stdin', 'x', '--reread'], 'stdin-option'],
  ])('%j is refused: %s', async (args, code) => {
    expect((await place.json(['commit', ...args], { code: 2 })).error.code).toBe(code)
  })

  test('tags are kept whatever their keys mean to JavaScript', async () => {
    const keys = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
    await place.json(['commit', 'sample', '--name', 'proto', ...keys.flatMap((key) => ['--tag', `${key}=v`])])
    const { tags } = await place.json(['show', 'proto'])
    expect(keys.map((key) => Object.getOwnPropertyDescriptor(tags, key)?.value)).toEqual(keys.map(() => 'v'))
    expect(Object.keys(tags)).toHaveLength(keys.length)
  })

  test('texts as long as the format takes are kept, in bytes and not in characters', async () => {
    const [message, value] = ['ü'.repeat(8 * 1024), 'ü'.repeat(2 * 1024)]
    const tags = Array.from({ length: 64 }, (_, i) => ['--tag', `k${i}=${i === 0 ? value : i}`]).flat()
    await place.json(['commit', 'sample', '--name', 'long', '-m', message, ...tags])
    const shown = await place.json(['show', 'long'])
    expect([shown.description, shown.tags.k0, shown.tags.k63]).toEqual([message, value, '63'])
    expect((await place.json(['commit', 'sample', ...tags, '--tag', 'more=1'], { code: 2 })).error.message).toContain('at most 64 tags')
  })

  test('a malformed CAIRN_ACTOR is refused, an agent is recorded', async () => {
    const commit = ['commit', 'sample', '--name', 'agent']
    expect((await place.json(commit, { env: { CAIRN_ACTOR: 'robot' }, code: 2 })).error.code).toBe('actor')
    expect((await place.json(commit, { env: { CAIRN_ACTOR: '' }, code: 2 })).error.code).toBe('actor')
    await place.json(commit, { env: { CAIRN_ACTOR: 'agent:refactor-bot' } })
    expect(await place.json(['show', 'agent'])).toMatchObject({ actor: 'agent:refactor-bot', source: 'AI Agent' })
  })
})

describe('looking', () => {
  test('log lists snapshots, newest first', async () => {
    const { snapshots } = await place.json(['log', 's'])
    expect(snapshots.map((each: { snapshot: string }) => each.snapshot)).toEqual([second, first])
    expect((await place.json(['log', 's', '--limit', '1'])).snapshots).toHaveLength(1)
    const { stdout } = await place.run(['log', 's'])
    expect(stdout.split('\n')[1]).toMatch(new RegExp(`^${second.slice(0, 8)} {2}\\d{4}-\\d\\d-\\d\\d .* the second$`))
    expect((await place.json(['log', 'nothing'], { code: 22 })).error.code).toBe('series-not-found')
  })

  test('show --json gives every field of the manifest and the BackupMetadata view', async () => {
    const shown = await place.json(['show', first.slice(0, 12)])
    const { snapshot: _, sequence, member, rootMode, backupMetadata: view, ...fields } = shown
    expect(Object.keys(fields).sort()).toEqual(MANIFEST_FIELDS)
    expect([sequence, member, rootMode]).toEqual([1, expect.stringMatching(/^[0-9a-f]{64}$/), '0755'])
    expect(Object.keys(fields.statistics).sort()).toEqual(STATISTICS_FIELDS)
    expect(shown).toMatchObject({
      parents: [],
      host: os.hostname(),
      createdBy: `${os.userInfo().username}@${os.hostname()}`,
      actor: `person:${os.userInfo().username}`,
      excludes: ['*.none'],
      roots: [{ path: place.at('sample') }],
      problems: [],
      problemCount: 0,
      snapshot: first,
      series: 's',
      source: 'AI Refactor Task-12',
      description: 'the first',
      requestId: 'r-1',
      environment: 'staging',
      applicationVersion: '2.1',
      storageSpecVersion: '3',
      tags: { ticket: '7' },
      complete: true,
      statistics: { files: 4, classes: { database: { files: 1 }, logs: { files: 1 } } },
    })
    expect((await place.json(['show', second])).parents).toEqual([first])
    const { files, ...metadata } = view
    expect(metadata).toEqual({
      id: shown.backupId,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/),
      type: 'full',
      version: shown.toolVersion,
      size: shown.statistics.bytes,
      checksum: `content:${shown.contentId}`,
      encryptionKey: expect.stringMatching(/^epoch-0:[0-9a-f]{32}$/),
      status: 'completed',
      duration: shown.durationMs,
    })
    const log = files.find((file: { path: string }) => file.path === 'a/b/service.log')
    expect(log).toEqual({
      path: 'a/b/service.log',
      type: 'logs',
      size: 250_000,
      checksum: expect.stringMatching(/^content:[0-9a-f]{64}$/),
      compressed: true,
      encrypted: true,
    })
    expect((await place.json(['show', 's'])).backupMetadata.type).toBe('incremental')
  })

  test('equal content has an equal checksum, and other content another', async () => {
    const checksum = async (name: string, path: string): Promise<string> => {
      const { files } = (await place.json(['show', name])).backupMetadata
      return files.find((file: { path: string }) => file.path === path).checksum
    }
    expect(await checksum('s~1', 'a/data.db')).toBe(await checksum('s', 'a/data.db'))
    expect(await checksum('s~1', 'a/x.txt')).not.toBe(await checksum('s', 'a/x.txt'))
  })

  test('ls, and its long and recursive forms', async () => {
    expect((await place.run(['ls', 's~1:a'])).stdout).toBe('a/b/\na/data.db\na/x.txt\n')
    expect((await place.run(['ls', 's~1:/a/b/', '-R'])).stdout).toBe('a/b/service.log\n')
    expect((await place.run(['ls', 's~1:link', '-l'])).stdout).toMatch(/^lrwxrwxrwx .* link -> a\/x\.txt\n$/)
    expect((await place.json(['ls', 's:nowhere'], { code: 22 })).error.code).toBe('path-not-found')
    expect((await place.json(['ls', 's:./x'], { code: 22 })).error.message).toBe("The snapshot has no '.'.")
    expect((await place.json(['ls', 's:a/x.txt/y'], { code: 22 })).error.code).toBe('path-not-found')
  })

  test('hostile names are escaped for people, and whole for programs', async () => {
    const { stdout } = await place.run(['ls', 's'])
    expect(stdout).toContain('red\\x0a\\x1b[31m\\xff\n')
    const { entries } = await place.json(['ls', 's'])
    expect(entries.find((entry: { pathHex?: string }) => entry.pathHex !== undefined).pathHex).toBe(HOSTILE.toString('hex'))
    expect((await place.run(['cat', 's:red\\x0a\\x1b[31m\\xff'])).stdout).toBe('hostile')
  })

  test('cat gives the bytes, or pieces for programs', async () => {
    expect((await place.run(['cat', 's~1:a/x.txt'])).stdout).toBe('hello\n')
    expect((await place.run(['cat', 's:a/x.txt'])).stdout).toBe('hello\nmore\n')
    const lines = (await place.run(['cat', 's:a/b/service.log', '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(Buffer.concat(lines.slice(0, -1).map(({ base64 }) => Buffer.from(base64, 'base64'))).toString()).toBe('line\n'.repeat(50_000))
    expect(lines.at(-1)).toEqual({ snapshot: second, path: 'a/b/service.log', size: 250_000 })
    expect((await place.json(['cat', 's:a'], { code: 2 })).error).toMatchObject({
      code: 'not-a-file',
      hint: "'cairn ls' lists a directory.",
    })
    expect((await place.json(['cat', 's~1:link'], { code: 2 })).error.hint).toContain('where a link leads')
    expect((await place.json(['cat', 's'], { code: 2 })).error.code).toBe('no-path')
  })

  test('find, in one snapshot and in all of a series', async () => {
    expect((await place.run(['find', 's', '*.txt'])).stdout).toBe(`${second.slice(0, 8)}:a/x.txt\n`)
    const { matches } = await place.json(['find', 's', 'link', '--all-snapshots'])
    expect(matches.map(({ snapshot, path }: { snapshot: string; path: string }) => [snapshot, path])).toEqual([[first, 'link']])
    expect((await place.json(['find', '--all-snapshots', 'a/**/*.log'])).matches.length).toBeGreaterThanOrEqual(2)
    expect((await place.json(['find', 's'], { code: 2 })).error.code).toBe('no-pattern')
    expect((await place.run(['find', 's', 'b/'])).stdout).toBe(`${second.slice(0, 8)}:a/b/\n`)
    expect((await place.run(['find', 's', 'x.txt/'])).stdout).toBe('')
    expect((await place.json(['find', 's', '[z-a]'], { code: 2 })).error.code).toBe('pattern')
  })

  test('diff between snapshots', async () => {
    const { changes, summary, same } = await place.json(['diff', 's~1', 's'])
    expect(changes.map(({ change, path }: { change: string; path: string }) => `${change} ${path}`)).toEqual([
      'metadata a/data.db',
      'content a/x.txt',
      'removed link',
      'added new',
      'added new/q',
    ])
    expect(changes[0].fields).toEqual(['mode'])
    expect([summary.added, summary.removed, same]).toEqual([2, 1, false])
    expect(await place.json(['diff', first, first])).toMatchObject({ changes: [], same: true })
    expect((await place.run(['diff', 's~1:a', 's:a'])).stdout).toBe('m data.db  (mode)\nM x.txt\n')
  })

  test('diff against a live directory sees content behind an equal size', async () => {
    place.write('live/kept', 'aaaa')
    place.write('live/touched', 'bbbb')
    place.write('live/swapped', 'cccc')
    await place.json(['commit', 'live', '--name', 'live'])
    expect(await place.json(['diff', 'live', './live'])).toMatchObject({ changes: [], same: true })
    const past = new Date('2020-01-01T00:00:00Z')
    fs.utimesSync(place.at('live/touched'), past, past)
    fs.writeFileSync(place.at('live/swapped'), 'dddd')
    place.write('live/extra', 'x')
    const { changes } = await place.json(['diff', 'live', place.at('live')])
    expect(changes.map(({ change, path }: { change: string; path: string }) => `${change} ${path}`)).toEqual([
      'added extra',
      'content swapped',
      'metadata touched',
    ])
    expect((await place.json(['diff', 'live', './nowhere'], { code: 2 })).error.code).toBe('no-such-path')
    expect((await place.json(['diff', 'live:kept', 'live'], { code: 2 })).error.code).toBe('not-a-directory')
  })

  test('diff says when both are the same snapshot, and how a directory of that name is written', async () => {
    fs.mkdirSync(place.at('twin'))
    await place.json(['commit', 'twin', '--name', 'twin'])
    const told = 'are the same snapshot: there is nothing to compare.'
    const hint = 'To compare with the directory here write ./twin'
    expect(await place.run(['diff', 'twin', 'latest'])).toMatchObject({ code: 0, stdout: '', stderr: `twin and latest ${told}\n` })
    expect((await place.run(['diff', 'latest', 'twin'])).stderr).toBe(`latest and twin ${told} ${hint}\n`)
    expect((await place.run(['diff', 'latest', './twin'])).stderr).toBe('No difference.\n')
  })

  test('diff says what stands where a directory should, and how a directory here is written', async () => {
    const file = place.at('sample/a/x.txt')
    const { error } = await place.json(['diff', 's', file], { code: 2 })
    expect(error).toMatchObject({ code: 'not-a-directory', message: `${file} is a file.` })
    expect((await place.json(['diff', 's', '/dev/null'], { code: 2 })).error.message).toBe('/dev/null is no directory.')
    const unmarked = (await place.json(['diff', 's', 'sample'], { code: 22 })).error
    expect(unmarked.hint).toMatch(/ To compare with the directory here write \.\/sample$/)
  })

  test('stats and show say so when a path is not there; stats counts what lies at one that is', async () => {
    const place = new CliPlace()
    place.write('tree/inner/deep/a', 'x'.repeat(100))
    place.write('tree/inner/b', 'y'.repeat(50))
    place.write('tree/c', 'z')
    await place.json(['init'])
    await place.json(['commit', place.at('tree'), '--name', 'series'])
    for (const command of ['stats', 'show', 'ls', 'cat']) expect((await place.run([command, 'series:nothing'])).code, command).toBe(22)
    expect(await place.json(['stats', 'series:inner'])).toMatchObject({ path: 'inner', files: 2, rawBytes: 150 })
    expect(await place.json(['stats', 'series:inner', '--by-directory'])).toMatchObject({
      directories: [
        { path: '', files: 1 },
        { path: 'inner/deep', files: 1, rawBytes: 100 },
      ],
    })
    expect(await place.json(['stats', 'series:inner/b'])).toMatchObject({ files: 1, rawBytes: 50, deduplicatedBytes: 50 })
    const { code, stderr } = await place.run(['show', 'series:inner'])
    expect(code).toBe(2)
    expect(stderr).toContain('cairn stats series:inner')
    place.remove()
  })

  test('stats of the repository, a snapshot and its directories', async () => {
    const all = await place.json(['stats'])
    expect(all.uniqueBytes).toBeLessThan(all.rawBytes)
    expect(all.bySnapshot.length).toBe(all.snapshots)
    const one = await place.json(['stats', 's', '--by-directory'])
    expect(one).toMatchObject({ snapshot: second, files: 5, missingChunks: 0 })
    expect(one.deduplicatedBytes).toBeLessThanOrEqual(one.rawBytes)
    expect(one.storedBytes).toBeLessThan(one.deduplicatedBytes)
    expect(one.directories.map(({ path }: { path: string }) => path)).toEqual(['', 'a', 'new'])
    const raw = one.directories.reduce((sum: number, { rawBytes }: { rawBytes: number }) => sum + rawBytes, 0)
    expect(raw).toBe(one.rawBytes)
    const { stdout } = await place.run(['stats', 's'])
    const ratio = (one.rawBytes / one.storedBytes).toFixed(1)
    expect(stdout).toMatch(new RegExp(`^all .* ${ratio} to 1$`, 'm'))
    expect(stdout).toMatch(/^trees: \S+ \S+ raw, \S+ \S+ stored$/m)
  })

  test('stats names the snapshot that it is of, also the latest, which nobody named', async () => {
    const { stdout } = await place.run(['stats', '--by-directory'])
    const latest = (await place.json(['log'])).snapshots[0]
    expect(stdout).toMatch(new RegExp(`^Snapshot ${latest.snapshot.slice(0, 8)} of ${latest.series}, of \\d{4}-.*Z\n`))
  })

  test('tags name snapshots, move, and go', async () => {
    await place.json(['tag', 'v1', 's~1'])
    expect((await place.json(['show', 'v1'])).snapshot).toBe(first)
    expect((await place.json(['log', 's'])).snapshots[1].tagNames).toEqual(['v1'])
    const { error } = await place.json(['tag', 'v1', 's'], { code: 2 })
    expect(error).toMatchObject({ code: 'tag-exists', hint: expect.stringContaining('--move'), fields: { snapshot: first } })
    expect((await place.json(['show', 'v1'])).snapshot).toBe(first)
    await place.json(['tag', '--move', 'v1', 's'])
    expect((await place.json(['tag', '--list'])).tags).toMatchObject([{ name: 'v1', snapshot: second, series: 's' }])
    await place.json(['tag', '--remove', 'v1'])
    expect((await place.json(['tag', '--list'])).tags).toEqual([])
    expect((await place.json(['tag', '--remove', 'v1'], { code: 22 })).error.code).toBe('tag-not-found')
    expect((await place.json(['tag', 's', 'latest'], { code: 2 })).error.code).toBe('tag-name')
    expect((await place.json(['tag', 'cafe', 'latest'], { code: 2 })).error.code).toBe('tag-name')
    expect((await place.json(['tag', 'v2'], { code: 2 })).error.code).toBe('tag-usage')
    expect((await place.json(['tag', 'v'.repeat(5000), 'latest'], { code: 2 })).error.message.length).toBeLessThan(200)
  }, 60_000)

  test('a series does not begin under the name of a tag', async () => {
    await place.json(['tag', 'taken', 's'])
    const { error } = await place.json(['commit', 'sample', '--name', 'taken'], { code: 2 })
    expect(error).toMatchObject({ code: 'series-is-tag', hint: expect.stringContaining('cairn tag --remove taken') })
    await place.json(['commit', 'sample', '--name', 'taken', '--dry-run'], { code: 2 })
    await place.json(['tag', '--remove', 'taken'])
  })

  test('an agent sets new tags in its own name, and neither moves nor removes one', async () => {
    const env = { CAIRN_ACTOR: 'agent:bot' }
    await place.json(['tag', 'by-bot', 's~1'], { env })
    for (const move of [[], ['--move']])
      expect((await place.json(['tag', 'by-bot', 's', ...move], { env, code: 13 })).error.code).toBe('agent-refused')
    expect((await place.json(['tag', '--remove', 'by-bot'], { env, code: 13 })).error.code).toBe('agent-refused')
    expect((await place.json(['show', 'by-bot'])).snapshot).toBe(first)
    await place.json(['tag', '--remove', 'by-bot'], { env: { CAIRN_ACTOR: 'schedule:nightly' } })
    const { stdout } = await place.run(['journal'])
    expect(stdout).toMatch(/tag_set +by-bot → [0-9a-f]{8} by agent:bot\n/)
    expect(stdout).toMatch(/action_refused +.*actor=agent:bot/)
    expect(stdout).toMatch(/tag_removed +by-bot of [0-9a-f]{8} by schedule:nightly\n/)
  }, 60_000)

  test('status shows who one is, and the series', async () => {
    const found = await place.json(['status'])
    expect(found).toMatchObject({ name: 'test', canRead: true, member: { roles: ['owner'] }, voids: [] })
    expect(found.series.find(({ name }: { name: string }) => name === 's')).toMatchObject({ snapshots: 2, snapshot: second })
    expect((await place.run(['status'])).stdout).toContain('owner')
  })
})

describe('places with names that play with the terminal', () => {
  const RED = '\x1b[31mred'
  const SHOWN = '\\x1b[31mred'

  test('are escaped where a success is told', async () => {
    const env = { CAIRN_HOME: place.at(`home-${RED}`), CAIRN_REPO: place.at(`repository-${RED}`) }
    const made = (await place.run(['init', '--recovery-code-file', `code-${RED}`], { env })).stdout
    for (const told of [`at ${place.at(`repository-${SHOWN}`)}`, `home-${SHOWN}`, `in code-${SHOWN}:`]) expect(made).toContain(told)
    expect((await place.run(['status'], { env })).stdout).toContain(`repository-${SHOWN}\n`)
    const restore = ['restore', 's', '--to', `to-${RED}`]
    const planned = await place.run([...restore, '--dry-run'])
    expect(planned.stdout.match(/to-\\x1b\[31mred/g)).toHaveLength(2)
    expect((await place.run(restore)).stdout).toContain(`to ${place.at(`to-${SHOWN}`)} in`)
    const { digest } = await place.json([...restore, '--replace', '--plan'])
    const { stdout } = await place.run([...restore, '--replace', '--apply', digest])
    expect(stdout).toMatch(/what was there before is kept at .*to-\\x1b\[31mred/)
    for (const each of [made, planned.stdout, stdout]) expect(each).not.toContain('\x1b')
  }, 60_000)
})

test('a remark on a place with such a name is escaped as well', async () => {
  const home = 'remarks-\x1b[31mred'
  const env = { CAIRN_HOME: place.at(home), CAIRN_REPO: place.at('remarked') }
  await place.json(['init'], { env })
  place.write(`${home}/spool`, 'no directory')
  for (const args of [['commit', 'sample', '--name', 's'], ['verify'], ['repair', 'index'], ['restore', 's', '--to', 'remarked-to']]) {
    const { code, stderr } = await place.run(args, { env })
    expect([code, stderr]).toEqual([0, expect.stringContaining('Cannot list')])
    expect(stderr).not.toContain('\x1b')
  }
}, 60_000)

describe('restore', () => {
  test('a part of a snapshot, and not over what is there', async () => {
    expect(await place.json(['restore', 's~1:a', '--to', 'out', '--dry-run'])).toMatchObject({ dryRun: true, files: 3 })
    expect(fs.existsSync(place.at('out'))).toBe(false)
    expect(await place.json(['restore', 's~1:a', '--to', 'out'])).toMatchObject({
      files: 3,
      complete: true,
      errors: 0,
      path: place.at('out'),
    })
    expect(fs.readFileSync(place.at('out/x.txt'), 'utf8')).toBe('hello\n')
    for (const dry of [[], ['--dry-run']])
      expect((await place.json(['restore', 's', '--to', 'out', ...dry], { code: 14 })).error.code).toBe('target-not-empty')
    const replacing = await place.run(['restore', 's', '--to', 'out', '--dry-run', '--replace'])
    expect(replacing).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n {2}What is at \S+\/out is replaced by \d+ files/) })
    expect(await place.json(['diff', 's~1:a', './out'])).toMatchObject({ same: true })
  })

  test('where the shell stands is said to have been replaced', async () => {
    const there = await place.shell('mkdir here && cd here && "$0" "$1" restore s --to .')
    expect(there).toMatchObject({ code: 0, stderr: expect.stringContaining(`cd ${JSON.stringify(place.at('here'))}`) })
  })

  test('only what is included', async () => {
    await place.json(['restore', 's', '--to', 'some', '--include', '*.txt'])
    expect(fs.readdirSync(place.at('some'), { recursive: true }).map(String).sort()).toEqual(['a', 'a/x.txt'])
  })

  test('over what is there only by an approved plan, and the old tree stays', async () => {
    place.write('target/old', 'old')
    const replace = ['restore', 's~1:a', '--to', 'target', '--replace']
    expect((await place.json(replace, { code: 14 })).error.code).toBe('approval-needed')
    expect((await place.json(['restore', 's', '--to', 'target', '--plan'], { code: 2 })).error.code).toBe('replace-needed')
    const plan = await place.json([...replace, '--plan'])
    expect(plan).toMatchObject({ planned: true, digest: expect.stringMatching(/^[0-9a-f]{64}$/), plan: { target: place.at('target') } })
    expect(fs.readdirSync(place.at('target'))).toEqual(['old'])
    const apply = [...replace, '--apply', plan.digest]
    expect((await place.json(apply, { env: { CAIRN_ACTOR: 'agent:bot' }, code: 13 })).error.code).toBe('agent-refused')
    const { oldPath } = await place.json(apply)
    expect(fs.readdirSync(place.at('target'))).toEqual(['b', 'data.db', 'x.txt'])
    expect(fs.readFileSync(`${oldPath}/old`, 'utf8')).toBe('old')
  })

  test('a plan says what is there: nothing, an empty directory, or a tree', async () => {
    const planned = (to: string) => place.json(['restore', 's:a', '--to', to, '--replace', '--plan'])
    const { plan, digest } = await planned('fresh')
    expect(plan).toMatchObject({
      destroys: [],
      consequence: expect.stringMatching(/^There is nothing at .*\/fresh: it is made, with 3 files of [\d.]+ \w*B\.$/),
    })
    fs.mkdirSync(place.at('hollow'))
    expect((await planned('hollow')).plan).toMatchObject({
      destroys: [place.at('hollow')],
      consequence: expect.stringMatching(/^The empty directory .* is replaced by 3 files/),
    })
    const made = await place.json(['restore', 's:a', '--to', 'fresh', '--replace', '--apply', digest])
    expect([made.files, made.oldPath]).toEqual([3, undefined])
    expect((await planned('fresh')).plan.consequence).toMatch(/^What is at .* is replaced by 3 files .* kept beside it/)
  }, 60_000)

  test('a plan does not hold for a target that changed', async () => {
    place.write('busy/old', 'old')
    const replace = ['restore', 's', '--to', 'busy', '--replace']
    const { digest } = await place.json([...replace, '--plan'])
    for (const more of ['--keep-going', '--allow-two-renames'])
      expect((await place.json([...replace, more, '--apply', digest], { code: 14 })).error.code, more).toBe('plan-changed')
    fs.writeFileSync(place.at('busy/old'), 'new')
    expect((await place.json([...replace, '--apply', digest], { code: 14 })).error.code).toBe('plan-changed')
    expect(fs.readFileSync(place.at('busy/old'), 'utf8')).toBe('new')
  })
})
