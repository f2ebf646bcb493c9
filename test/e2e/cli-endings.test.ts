// How commands end: exit codes by the class of what went wrong, Ctrl-C, a reader that goes away.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace, outcomeOf } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  place.write('sample/f', 'content\n'.repeat(1000))
  await place.json(['init'])
  await place.json(['commit', 'sample', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

function filesBelow(...parts: string[]): string[] {
  const directory = place.at(...parts)
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => path.join(each.parentPath, each.name))
}

describe('exit codes', () => {
  test('2: no repository was named', async () => {
    expect((await place.json(['log'], { env: { CAIRN_REPO: '' }, code: 2 })).error.code).toBe('no-repository')
    expect((await place.json(['log', '--repo', 's3://bucket'], { code: 2 })).error.code).toBe('store-unsupported')
  })

  test('10: there is no repository', async () => {
    expect((await place.json(['log', '--repo', 'nowhere'], { code: 10 })).error).toMatchObject({
      code: 'repository-not-found',
      exitCode: 10,
    })
    fs.mkdirSync(place.at('empty'))
    await place.json(['log', '--repo', 'empty'], { code: 10 })
  })

  test('10: a file is named as one', async () => {
    const file = place.write('no-repository', 'text')
    const { code, stderr } = await place.run(['log', '--repo', file])
    expect([code, stderr]).toEqual([10, expect.stringContaining(`${file} is a file, not a repository.`)])
  })

  // Node's own way of making directories goes round for ever there, and listens to no signal.
  test.each(['CAIRN_HOME= XDG_CONFIG_HOME=/proc/x', 'CAIRN_HOME=/proc/x/y', 'CAIRN_HOME=/etc/passwd', 'CAIRN_CACHE=/proc/x/y'])(
    '2: the setting %s, where no directory can be made',
    async (settings) => {
      const { code, stderr } = await place.shell(`${settings} timeout -s KILL 30 "$0" "$1" init never`)
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/^cairn: Cannot use \/.*: no directory can be made .*\n {2}Name a place .*CAIRN_HOME/),
      ])
      expect(fs.existsSync(place.at('never'))).toBe(false)
    },
    60_000,
  )

  test('2: a repository where no directory can be made', async () => {
    const { code, stderr } = await place.shell('timeout -s KILL 30 "$0" "$1" init /proc/x')
    expect([code, stderr]).toEqual([2, expect.stringContaining('Cannot make a store at /proc/x: the store cannot lie there (ENOENT).')])
  }, 60_000)

  test.each([
    [['restore', 's', '--to', '/proc/x'], 'target-access'],
    [['restore', 's', '--to', 'sample/f/x'], 'target-parent'],
    [['key', 'export', '--writer', '--series', 's', '-o', '/proc/x/w.json'], 'file-parent'],
    [['key', 'export', '--writer', '--series', 's', '-o', '/proc/w.json'], 'home-no-place'],
    [['key', 'add', '--new-identity', 'not-mounted/w.json'], 'file-parent'],
    [['init', 'never', '--identity', 'not-mounted/w.json'], 'file-parent'],
    [['init', 'never', '--recovery-code-file', 'not-mounted/code'], 'file-parent'],
    [['key', 'add', '--new-identity', 'sample/f/w.json'], 'home-no-place'],
  ])('2: %j names a place that cannot be used', async (args, code) => {
    expect((await place.json(args, { code: 2 })).error.code).toBe(code)
    for (const made of ['never', 'not-mounted']) expect(fs.existsSync(place.at(made))).toBe(false)
  })

  test('the same, when nothing can be told', async () => {
    expect((await place.shell('"$0" "$1" log --repo nowhere 2>/dev/full')).code).toBe(10)
    expect((await place.shell('"$0" "$1" log --repo nowhere --json >/dev/full')).code).toBe(10)
  })

  test('12: no key', async () => {
    const { stderr, code } = await place.run(['log'], { env: { CAIRN_HOME: place.at('other-home') } })
    expect(code).toBe(12)
    expect(stderr).toMatch(/^cairn: .*\n {2}It would be \S*other-home\/\S+\. Use --identity/)
  })

  test('12: an identity file that does not exist is named', async () => {
    const { error } = await place.json(['log', '--identity', 'nofile'], { code: 12 })
    expect(error).toMatchObject({ code: 'identity-missing', message: 'There is no identity file nofile.' })
  })

  test.each([
    ['text', 'ABCD-EFGH\n', '(an identity file that is not JSON).'],
    ['another record', '{"cairn":"hints"}', '"cairn" of an identity'],
  ])('12: an identity file that is none is named: %s', async (name, content, what) => {
    const file = place.write(`no-identity-${name}`, content)
    fs.chmodSync(file, 0o600)
    const { error } = await place.json(['log'], { env: { CAIRN_IDENTITY: file }, code: 12 })
    expect(error).toMatchObject({ code: 'identity-format', hint: expect.stringContaining('--recovery-code-file') })
    expect(error.message).toContain(`The file ${file} cannot be used as an identity (`)
    expect(error.message).toContain(what)
  })

  test('an empty CAIRN_IDENTITY is as one that is not set', async () => {
    expect((await place.run(['log'], { env: { CAIRN_IDENTITY: '' } })).code).toBe(0)
    await place.json(['init', place.at('unset-identity')], { env: { CAIRN_IDENTITY: '' } })
  })

  test('2: a second repository with the identity file of the first, which a variable still names', async () => {
    const env = { CAIRN_IDENTITY: place.at('first.json') }
    await place.json(['init', place.at('first')], { env })
    const { error } = await place.json(['init', place.at('second')], { env, code: 2 })
    expect(error).toMatchObject({ code: 'identity-exists', hint: expect.stringMatching(/^CAIRN_IDENTITY names it\. /) })
    expect(fs.existsSync(place.at('second'))).toBe(false)
  })

  test('14: another repository at a known path is told with the way to open it', async () => {
    await place.json(['init', place.at('replaced')])
    fs.rmSync(place.at('replaced'), { recursive: true })
    fs.cpSync(place.at('repository'), place.at('replaced'), { recursive: true })
    const { error } = await place.json(['log', '--repo', place.at('replaced')], { code: 14 })
    expect(error).toMatchObject({ code: 'repository-replaced', hint: expect.stringContaining('another CAIRN_HOME') })
  })

  test.each([
    ['on a machine that knows the journal’s repository', () => place.at('home'), /that this machine knows, so cairn\.json was damaged/],
    ['on a new machine', () => place.at('new-home'), /identity file names the journal's repository, it is cairn\.json/],
  ])(
    '14: a cairn.json that contradicts the journal is told with what fits, and the repository opens without it: %s',
    async (name, home, hint) => {
      const copy = place.at(`contradicted ${name}`)
      fs.cpSync(place.at('repository'), copy, { recursive: true })
      const file = path.join(copy, 'cairn.json')
      const hints = fs.readFileSync(file, 'utf8')
      fs.chmodSync(file, 0o600)
      fs.writeFileSync(
        file,
        hints.replace(/("repository":"\w{3})(\w)/, (_, begin, digit) => `${begin}${digit === '0' ? '1' : '0'}`),
      )
      const identity = place.at('home', 'identities', `${JSON.parse(hints).repository}.json`)
      const env = { CAIRN_REPO: copy, CAIRN_HOME: home(), CAIRN_IDENTITY: identity }
      const { error } = await place.json(['log'], { env, code: 14 })
      expect(error).toMatchObject({ code: 'repository-replaced', hint: expect.stringMatching(hint) })
      expect(error.hint).not.toContain('CAIRN_HOME')
      fs.renameSync(file, path.join(copy, 'tmp', 'moved'))
      expect((await place.json(['log'], { env })).snapshots).toHaveLength(1)
    },
  )

  test('21: a pack’s header that is damaged is no mix-up for sure', async () => {
    const copy = place.at('damaged-header')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    for (const pack of filesBelow('damaged-header', 'packs', 'tree')) {
      const bytes = fs.readFileSync(pack)
      bytes[20]! ^= 1
      fs.chmodSync(pack, 0o600)
      fs.writeFileSync(pack, bytes)
    }
    const { error } = await place.json(['ls', 's'], { env: { CAIRN_REPO: copy }, code: 21 })
    expect(error.message).toContain('whose header is damaged, or that belongs to another repository')
    expect(error.hint).toContain("'cairn verify --data' tells more")
  })

  test('14: a journal that was rolled back is a STOP by its name', async () => {
    const copy = place.at('rolled-back')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    fs.cpSync(place.at('home'), place.at('home-b'), { recursive: true })
    const env = { CAIRN_REPO: copy, CAIRN_HOME: place.at('home-b') }
    await place.json(['commit', 'sample', '--name', 's'], { env })
    for (const file of filesBelow('rolled-back', 'journal').slice(-2)) fs.rmSync(file)
    const { code, stderr } = await place.run(['log'], { env })
    expect(code).toBe(14)
    expect(stderr).toContain('STOP journal-rollback')
  })

  test('21: something else lies in a pack’s place, and the rest is checked all the same', async () => {
    const copy = place.at('foreign')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    const [pack] = filesBelow('foreign', 'packs', 'data')
    fs.rmSync(pack!)
    fs.mkdirSync(pack!)
    fs.cpSync(place.at('home'), place.at('home-c'), { recursive: true })
    const env = { CAIRN_REPO: copy, CAIRN_HOME: place.at('home-c') }
    const { problems, data } = await place.json(['verify', '--data'], { env, code: 21 })
    expect(problems).toMatchObject([{ object: expect.stringContaining(path.basename(pack!)) }])
    expect(data.packs).toBeGreaterThan(0)
  })

  test('21: stored bytes are not what they must be', async () => {
    const copy = place.at('damaged')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    const [manifest] = filesBelow('damaged', 'manifests')
    const bytes = fs.readFileSync(manifest!)
    bytes[1500]! ^= 1
    fs.chmodSync(manifest!, 0o600)
    fs.writeFileSync(manifest!, bytes)
    const { error } = await place.json(['show', 'latest'], { env: { CAIRN_REPO: copy, CAIRN_HOME: place.at('home') }, code: 21 })
    expect(error.name).toBe('IntegrityError')
  })

  test.each([['ls'], ['show'], ['show', '--json'], ['diff', 's'], ['restore', '--to', 'out']])(
    '21: %s of a snapshot whose manifest is missing: the journal names it, so it is damage',
    async (command, ...args) => {
      const copy = place.at(`no-manifest-${command}-${args.length}`)
      fs.cpSync(place.at('repository'), copy, { recursive: true })
      for (const manifest of filesBelow(path.basename(copy), 'manifests')) fs.rmSync(manifest)
      const [verb, ...more] = command === 'diff' ? [command, ...args, 's'] : [command, 's', ...args]
      const { code, stderr, stdout } = await place.run([verb, ...more], { env: { CAIRN_REPO: copy } })
      expect([code, stdout + stderr]).toEqual([21, expect.stringMatching(/The manifest of snapshot [0-9a-f]{8} is missing from the store/)])
    },
  )

  test('21: a pack is missing', async () => {
    const copy = place.at('no-packs')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    for (const pack of filesBelow('no-packs', 'packs', 'data')) fs.rmSync(pack)
    expect(await place.run(['cat', 's:f'], { env: { CAIRN_REPO: copy } })).toMatchObject({ code: 21 })
  })

  describe('21: damage is told with its object, snapshot and path, and what to do', () => {
    const nest = (...more: string[]): string[] => ['--repo', place.at('nested'), ...more]

    beforeAll(async () => {
      await place.json(['init', place.at('nested')])
      place.write('nest/sub/f', 'content\n'.repeat(1000))
      await place.json(nest('commit', 'nest', '--name', 'n'))
      for (const pack of filesBelow('nested', 'packs')) spoil(pack)
      place.write('nest/top', 'top')
      await place.json(nest('commit', 'nest', '--name', 'n', '-m', 'its root is in a pack of its own'))
    }, 60_000)

    function spoil(pack: string): void {
      const bytes = fs.readFileSync(pack)
      bytes.fill(0x55, 1210, bytes.length - 100)
      fs.chmodSync(pack, 0o600)
      fs.writeFileSync(pack, bytes)
    }

    const told = (where: string, kind: string): RegExp =>
      new RegExp(`^cairn: Snapshot [0-9a-f]{8}${where}: packs/${kind}/\\S+: .*\\n {2}'cairn verify' says what is harmed\\.\\n$`)

    test.each([
      ['ls', ['n~1'], ': /', 'tree'],
      ['ls', ['n:sub'], ': /sub', 'tree'],
      ['find', ['n', 'f'], ': /sub', 'tree'],
      ['stats', ['n~1'], ': /', 'tree'],
      ['stats', ['n'], ': /sub', 'tree'],
      ['diff', ['n', 'n~1'], ': /', 'tree'],
      ['diff', ['n', './nest'], ': /sub', 'tree'],
      ['diff', ['n:sub', './nest'], ': /sub', 'tree'],
    ])('%s %j', async (command, args, where, kind) => {
      expect(await place.run(nest(command, ...args))).toMatchObject({ code: 21, stderr: expect.stringMatching(told(where, kind)) })
    })

    test.each([
      ['cat', ['s:f']],
      ['diff', ['s', './sample']],
    ])('%s %j, where only content is damaged', async (command, args) => {
      const copy = place.at(`damaged-content-of-${command}`)
      fs.cpSync(place.at('repository'), copy, { recursive: true })
      for (const pack of filesBelow(path.basename(copy), 'packs/data')) spoil(pack)
      fs.utimesSync(place.at('sample/f'), 0, 0)
      const { code, stderr } = await place.run([command, ...args], { env: { CAIRN_REPO: copy } })
      expect([code, stderr]).toEqual([21, expect.stringMatching(told(', /f', 'data'))])
    })
  })

  test('14 and 20: a cairn.json that is newer, or broken, is named with what to do', async () => {
    const copy = place.at('hints')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    const file = path.join(copy, 'cairn.json')
    const hints = fs.readFileSync(file, 'utf8')
    fs.chmodSync(file, 0o600)
    fs.writeFileSync(file, hints.replace('"version":1', '"version":9'))
    const newer = (await place.json(['log'], { env: { CAIRN_REPO: copy }, code: 14 })).error
    expect(newer).toMatchObject({ code: 'newer-repository', message: expect.stringContaining(`cairn.json in ${copy}`) })
    fs.writeFileSync(file, hints.slice(3))
    const broken = (await place.json(['log'], { env: { CAIRN_REPO: copy }, code: 20 })).error
    expect(broken).toMatchObject({
      message: expect.stringContaining(`cairn.json in ${copy}`),
      hint: expect.stringContaining('move it away'),
    })
  })

  test('22: what was named does not exist', async () => {
    expect((await place.json(['show', 'nothing'], { code: 22 })).error.code).toBe('snapshot-not-found')
  })

  test('30: the store fails', async () => {
    const copy = place.at('broken')
    fs.cpSync(place.at('repository'), copy, { recursive: true })
    fs.rmSync(path.join(copy, 'leases'), { recursive: true, force: true })
    fs.writeFileSync(path.join(copy, 'leases'), 'a file where a directory must be')
    const { error } = await place.json(['commit', 'sample', '--name', 's'], { env: { CAIRN_REPO: copy }, code: 30 })
    expect(error.name).toBe('StoreError')
  })
})

describe('being asked to stop', () => {
  /** A commit that waits for its input; resolves when it has begun to read. */
  async function waitingCommit(start: (args: readonly string[]) => ChildProcess = (args) => place.start(args)) {
    const child = start(['commit', '--stdin', 'stream', '--json'])
    const ended = outcomeOf(child)
    child.stdin!.on('error', () => undefined)
    child.stdin!.write('some bytes')
    await once(child.stdout!, 'data')
    return { child, ended }
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a commit with 130, and no snapshot', async (signal) => {
    const before = (await place.json(['log'])).snapshots.length
    const { child, ended } = await waitingCommit()
    child.kill(signal)
    const { code, stdout } = await ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!).error).toMatchObject({ name: 'CancelledError', exitCode: 130 })
    expect((await place.json(['log'])).snapshots).toHaveLength(before)
    expect(filesBelow('repository', 'leases')).toEqual([])
  })

  const direct = (args: readonly string[]): ChildProcess => place.startAsGroup(args)
  const launched = (args: readonly string[]): ChildProcess => place.startUnderLauncher(args)
  const group = (child: ChildProcess, signal: NodeJS.Signals): boolean => process.kill(-child.pid!, signal)
  const alone = (child: ChildProcess, signal: NodeJS.Signals): boolean => child.kill(signal)

  test.each([
    ['SIGINT to the group', direct, group, 'SIGINT'],
    ['SIGINT to the group with the launcher', launched, group, 'SIGINT'],
    ['SIGTERM to the group with the launcher, as systemd does', launched, group, 'SIGTERM'],
    ['SIGHUP to the group with the launcher', launched, group, 'SIGHUP'],
    ['SIGINT to the launcher', launched, alone, 'SIGINT'],
    ['SIGTERM to the launcher', launched, alone, 'SIGTERM'],
    ['SIGHUP to the launcher', launched, alone, 'SIGHUP'],
  ] as const)('%s is one stop in order', async (_, start, send, signal) => {
    const child = start(['commit', '--stdin', 'stream', '--json'])
    const ended = outcomeOf(child)
    // Something new all the time, so that threads read and the store writes when it comes.
    const noise = fs.createReadStream('/dev/urandom').on('error', () => undefined)
    child.stdin!.on('error', () => noise.destroy())
    noise.pipe(child.stdin!)
    while (!fs.existsSync(place.at('repository/tmp')) || filesBelow('repository', 'tmp').length === 0) await setTimeout(5)
    send(child, signal)
    const { code, stdout } = await ended
    noise.destroy()
    expect(code).toBe(130)
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!).error).toMatchObject({ name: 'CancelledError', exitCode: 130 })
    expect([filesBelow('repository', 'leases'), filesBelow('repository', 'tmp')]).toEqual([[], []])
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s behind the word of success takes nothing back', async (signal) => {
    // Something keeps the process for a while, as a slow disk or a thread that ends late may.
    const kept = { NODE_OPTIONS: '--import data:text/javascript,setTimeout(()=>{},3000)' }
    const child = place.start(['commit', 'sample', '--name', 's', '--json', '-q'], kept)
    const ended = outcomeOf(child)
    await once(child.stdout!, 'data')
    await setTimeout(500)
    child.kill(signal)
    expect((await ended).code).toBe(0)
  })

  test('the next commit succeeds', async () => {
    expect((await place.json(['commit', 'sample', '--name', 's'])).complete).toBe(true)
  })
})

describe('a reader that goes away', () => {
  test('ends a listing in peace', async () => {
    place.write('large/f', 'x'.repeat(30_000_000))
    await place.json(['commit', 'large', '--name', 'large'])
    const child = place.start(['cat', 'large:f'])
    child.stdout!.once('data', () => child.stdout!.destroy())
    expect(await outcomeOf(child)).toMatchObject({ code: 0, stderr: '' })
  }, 60_000)

  test('does not end a backup', async () => {
    const before = (await place.json(['log'])).snapshots.length
    const child = place.start(['commit', 'large', '--name', 'unread', '--json'])
    child.stdout!.destroy()
    expect((await outcomeOf(child)).code).toBe(0)
    expect((await place.json(['log'])).snapshots).toHaveLength(before + 1)
  }, 60_000)
})
