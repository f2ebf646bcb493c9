// What a user may not read: the directory that was named, and one below it. The program runs as nobody, so only root can test it.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const NOBODY = 65534
const isRoot = process.geteuid!() === 0

describe.runIf(isRoot)('a directory that may not be read', () => {
  const place = new CliPlace(NOBODY)
  beforeAll(async () => {
    place.write('closed/f', 'content')
    fs.chmodSync(place.at('closed'), 0o700)
    await place.json(['init'])
  }, 60_000)
  afterAll(() => place.remove())

  test('hides nothing beside it from diff, and was not removed when it only could not be captured', async () => {
    for (const name of ['closed/f', 'ok', 'secret']) place.write(`d/${name}`, name)
    fs.chmodSync(place.at('d/closed'), 0o755)
    await place.json(['commit', 'd', '--name', 'd'])
    fs.chmodSync(place.at('d/closed'), 0o700)
    await place.json(['commit', 'd', '--name', 'd'], { code: 3 })
    const partial = await place.run(['diff', 'd~1', 'd'])
    expect(partial.code).toBe(3)
    expect(partial.stdout).toMatch(/^! closed\/ {2}\(not captured: EACCES.*\)\n$/)
    place.write('d/newfile', 'new')
    place.write('d/secret', 'changed')
    fs.rmSync(place.at('d/ok'))
    const live = await place.run(['diff', 'd~1', './d'])
    expect(live.code).toBe(3)
    expect(live.stdout).toMatch(/^! closed\/ {2}\(EACCES.*\)\n\+ newfile\n- ok\nM secret\n$/)
  })

  test('is told once, however short before the commit it was closed: nothing moved', async () => {
    place.write('fresh/shut/f', 'content')
    fs.mkdirSync(place.at('fresh/old'))
    place.write('fresh/file', 'content')
    fs.chmodSync(place.at('fresh/shut'), 0)
    fs.chmodSync(place.at('fresh/file'), 0)
    const result = await place.json(['commit', 'fresh', '--name', 'fresh'], { code: 3 })
    expect(result.problems).toMatchObject(['shut', 'file'].map((path) => ({ path, kind: 'unreadable' })))
    expect(result.errors).toBe(2)
  })

  test.each([
    ['commit', ['commit', 'closed', '--name', 'closed']],
    ['a dry run', ['commit', 'closed', '--name', 'closed', '--dry-run']],
  ])('cannot be the root of %s: exit 2, and it is named', async (_, args) => {
    const { error } = await place.json(args, { code: 2 })
    expect(error).toMatchObject({ code: 'unreadable-root', message: expect.stringContaining(place.at('closed')) })
  })

  test.each([
    ['commit', []],
    ['a dry run', ['--dry-run']],
  ])('all that was named: nothing comes of %s, not even an empty snapshot', async (_, dry) => {
    for (const name of ['named/one', 'named/two', 'named/open']) place.write(name, name)
    for (const name of ['named/one', 'named/two']) fs.chmodSync(place.at(name), 0)
    for (const names of [['named/one'], ['named/one', 'named/two']]) {
      const { error } = await place.json(['commit', ...names, '--name', 'named', ...dry], { code: 2 })
      expect(error).toMatchObject({
        code: 'unreadable-root',
        message: expect.stringContaining(`${place.at('named/one')} cannot be read (EACCES`),
      })
    }
    expect((await place.json(['commit', 'named/one', 'named/open', '--name', `named${dry.length}`, ...dry], { code: 3 })).files).toBe(1)
  })

  test('is foreseen by a dry run, and so is a file: both say what the commit says', async () => {
    place.write('mixed/closed/f', 'content')
    for (const name of ['mixed/open', 'mixed/shut']) place.write(name, name)
    for (const name of ['mixed/closed', 'mixed/shut']) fs.chmodSync(place.at(name), 0o700)
    const foreseen = await place.json(['commit', 'mixed', '--name', 'mixed', '--dry-run'], { code: 3 })
    expect(foreseen).toMatchObject({ files: 1, newFiles: 1, bytes: 10, readBytes: 10, errors: 2 })
    const { problems, files } = await place.json(['commit', 'mixed', '--name', 'mixed'], { code: 3 })
    expect(foreseen.files).toBe(files)
    expect(problems).toEqual(expect.arrayContaining(foreseen.problems))
  })
})

describe.runIf(isRoot)('directories that may be entered and not listed', () => {
  const place = new CliPlace(NOBODY)
  beforeAll(async () => {
    for (const name of ['a/x', 'b/y', 'hidden/z']) place.write(`p/${name}`, name)
    place.write('p/file', 'file')
    fs.chmodSync(place.at('p'), 0o711)
    await place.json(['init'])
  }, 60_000)
  afterAll(() => place.remove())

  test('lead to the paths in them, one or several, files or directories', async () => {
    const paths = ['p/a', 'p/b', 'p/file']
    expect(await place.json(['commit', ...paths, '--name', 'several'])).toMatchObject({ files: 3, complete: true })
    expect(await place.json(['commit', 'p/file', '--name', 'file'])).toMatchObject({ files: 1, complete: true })
    const { stdout } = await place.run(['ls', `several:${place.at('p').slice(1)}`, '-R'])
    expect(stdout.match(/(?<=\/p\/).*/g)).toEqual(['a/', 'a/x', 'b/', 'b/y', 'file'])
    expect(await place.json(['diff', `several:${place.at('p').slice(1)}`, './p'])).toMatchObject({ same: true })
    fs.writeFileSync(place.at('p/b/y'), 'other')
    expect(await place.json(['commit', ...paths, '--name', 'several'])).toMatchObject({ files: 3, complete: true })
    expect((await place.run(['cat', `several:${place.at('p/b/y').slice(1)}`])).stdout).toBe('other')
  })

  test('are told where all in them was asked for', async () => {
    const { problems } = await place.json(['commit', '.', 'p/a', '--name', 'whole', '--exclude', 'repository', '--exclude', 'home'], {
      code: 3,
    })
    expect(problems).toEqual([expect.objectContaining({ path: place.at('p').slice(1), kind: 'unreadable' })])
    expect((await place.run(['ls', `whole:${place.at('p').slice(1)}`, '-R'])).stdout).toMatch(/p\/a\/\n.*p\/a\/x\n$/)
  })
})
