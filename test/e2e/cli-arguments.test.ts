// What a command line may hold: names that begin with a dash, empty values, names that are too long or no text at all.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  for (const name of ['a', 'b', '-dir', 'true']) place.write(`${name}/f`, name)
  await place.json(['init'])
  await place.json(['commit', 'a', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

describe('behind --', () => {
  test('stand arguments like those before it', async () => {
    expect((await place.run(['commit', 'a', '--name', 'both', '--', 'b', '-dir', 'true'])).code).toBe(0)
    const { roots } = await place.json(['show', 'both'])
    expect(roots.map((root: { path: string }) => root.path)).toEqual(['a', 'b', '-dir', 'true'].map((name) => place.at(name)))
  }, 60_000)

  test('stand names that begin with a dash', async () => {
    expect((await place.run(['commit', '--name=dashed', '--', '-dir'])).code).toBe(0)
    expect((await place.run(['ls', '--', 'dashed:f'])).stdout).toBe('f\n')
    expect((await place.run(['log', '--', 'dashed'])).stdout).toContain(' dashed ')
    expect((await place.run(['tag', '--', 'foo', 'dashed'])).stdout).toMatch(/as foo\n$/)
    expect((await place.run(['find', 'dashed', '--', '--json'])).stdout).toBe('')
    expect((await place.run(['log', '--', '--help'])).stderr).toContain("There is no series '--help'.")
    expect((await place.run(['journal', '--', 'verify'])).code).toBe(0)
  }, 60_000)

  test.each([
    [['log', 's', '--', '-x'], 'The argument -x is one too many.'],
    [['commit', '--name', '--', 'a'], 'The option --name has no value.'],
    [['restore', '--', 's', '--to', 'out'], '--to is missing.'],
    [['restore', 's', '--too', 'out'], 'There is no option --too.\n  Did you mean --to?'],
    [['restore', 's', '-q'], '--to is missing.'],
  ])('%j is told as: %s', async (args, message) => {
    const { code, stdout, stderr } = await place.run(args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })
})

test.each([
  [['commit', ''], 'path'],
  [['commit', 'a', '--name', ''], '--name'],
  [['commit', 'a', '--exclude-file', ''], '--exclude-file'],
  [['restore', 's', '--to', ''], '--to'],
  [['restore', 's', '--to=', '--replace', '--plan'], '--to'],
  [['restore', '', '--to', 'out'], 'snapshot'],
  [['init', ''], 'path'],
  [['log', '--repo', ''], '--repo'],
  [['log', '--identity='], '--identity'],
  [['key', 'export', '--writer', '--series', 's', '--output', ''], '--output'],
  [['grant', 'issue', '--command', 'restore', '--target', '', '--member', 'x'], '--target'],
  [['tag', '--remove', ''], '--remove'],
  [['diff', 's', ''], 'after'],
  [['commit', 'a', '--name', 's', '--exclude', ''], '--exclude'],
  [['find', 's', ''], 'pattern'],
  [['restore', 's', '--to', 'out', '--include', ''], '--include'],
  [['journal', 'accept', '--reason', ''], '--reason'],
  [['restore', 's', '--to', 'a', '--replace', '--apply', ''], '--apply'],
])('%j is refused: an empty value would mean another place, or nothing', async (args, shown) => {
  const { error } = await place.json(args, { code: 2 })
  expect(error).toMatchObject({ code: 'empty-argument', message: `The value of ${shown} is empty.` })
})

const LONG = 'n'.repeat(300)
const DEEP = `/${'d/'.repeat(2100)}`

test.each([
  [['restore', 's', '--to', LONG], 2, 'path-too-long'],
  [['restore', 's', '--to', DEEP], 2, 'path-too-long'],
  [['log', '--recovery-code-file', LONG], 2, 'path-too-long'],
  [['log', '--passphrase-file', `a/${LONG}/b`], 2, 'path-too-long'],
  [['key', 'export', '--writer', '--series', 's', '-o', LONG], 2, 'path-too-long'],
  [['show', LONG], 22, 'snapshot-not-found'],
  [['diff', 'latest', `./${LONG}`], 2, 'no-such-path'],
] as const)('a name or path that no system takes is told as such: %#', async (args, code, name) => {
  const { error } = await place.json(args, { code })
  expect(error.code).toBe(name)
  expect(error.message.length).toBeLessThan(500)
})

test.each([
  ['init $(printf "bad\\377")', 'bad\\xff'],
  ['commit a --name s $(printf "in\\377v")', 'in\\xffv'],
  ['restore s --to $(printf "\\303")', '\\xc3'],
])('an argument that is not UTF-8 is refused, not taken for another one: %s', async (line, shown) => {
  const told = await place.shell(`"$0" "$1" ${line}`)
  expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`cairn: The argument ${shown} is not UTF-8.\n`) })
  expect(JSON.parse((await place.shell(`"$0" "$1" --json ${line}`)).stdout).error).toMatchObject({ code: 'argument-bytes', exitCode: 2 })
})

test.each([
  ['--identity', 'x', '--passphrase-file', 'y'],
  ['--passphrase-file', 'y', '--recovery-code-file', 'z'],
])('two keys at once are refused, and both are named: %s, %s, %s, %s', async (...args) => {
  const { error } = await place.json(['log', ...args], { code: 2 })
  expect(error).toMatchObject({ code: 'two-keys', message: expect.stringMatching(`^${args[0]} and ${args[2]} `) })
})

test.each([
  ['--recovery-code-file', 'log'],
  ['--passphrase-file', 'log'],
  ['--exclude-file', 'commit', 'a'],
])('%s: a directory is told as one', async (option, ...args) => {
  expect((await place.json([...args, option, 'b'], { code: 2 })).error.message).toMatch(/\bb\b.* is a directory\.$/)
})

test.each([
  ['cache[', 'a [ in it is not closed'],
  ['[]', 'a [ in it is not closed'],
  ['[a][!]x', 'a [ in it is not closed'],
  ['tail\\', 'a backslash stands at its end'],
])('a pattern that can match nothing is a slip, on the command line and in a file: %s', async (pattern, flaw) => {
  fs.writeFileSync(place.at('patterns'), `*.o\n# [\n${pattern}\n`)
  for (const [option, value, where] of [
    ['--exclude', pattern, '--exclude'],
    ['--exclude-file', 'patterns', 'line 3 of patterns'],
  ] as const) {
    const { error } = await place.json(['commit', 'a', option, value], { code: 2 })
    expect(error).toMatchObject({ code: 'exclude-pattern', message: `'${pattern}' (${where}) can match nothing: ${flaw}.` })
  }
  fs.unlinkSync(place.at('patterns'))
})

test.each(['[a-c]*', '[]]', '[!]]', 'a\\[b', 'a]', '\\\\'])('%s is a pattern', async (pattern) => {
  const { error } = await place.json(['commit', 'nowhere', '--exclude', pattern], { code: 2 })
  expect(error.code).toBe('no-such-path')
})

test('a name of a series that is far too long is not told in full, and what is allowed is', async () => {
  const { error } = await place.json(['commit', 'a', '--name', 'n'.repeat(5000)], { code: 2 })
  expect(error).toMatchObject({ code: 'series-name', hint: expect.stringContaining('1 to 128 of A-Z') })
  expect(error.message.length).toBeLessThan(200)
})

test('a dot is offered for a directory, and not for a file', async () => {
  expect((await place.run(['log', '--identity='])).stderr).not.toContain('dot')
  expect((await place.run(['restore', 's', '--to='])).stderr).toContain('For the current directory write a dot.')
})

test('a symlink that leads nowhere is told as such', async () => {
  fs.symlinkSync('nowhere', place.at('dangling'))
  const { error } = await place.json(['commit', 'dangling'], { code: 2 })
  fs.unlinkSync(place.at('dangling'))
  expect(error).toMatchObject({ code: 'no-such-path', message: expect.stringContaining('is a symlink that leads nowhere') })
})

test('the character that stands for such bytes is a character', async () => {
  expect((await place.run(['commit', 'no\ufffdne'])).stderr).toContain('There is nothing to back up at')
})

test('a working directory that is gone is told as such', async () => {
  const { code, stderr } = await place.shell('mkdir gone && cd gone && rmdir ../gone && "$0" "$1" log')
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^cairn: The working directory cannot be found: .*\n {2}Go to another one/)])
})

test('a working directory that is no text is told as such', async () => {
  const { code, stderr } = await place.shell(
    'b=$(printf "b\\377") && mkdir "$b" && cd "$b" && { "$0" "$1" init here; e=$?; cd .. && rmdir "$b"; exit $e; }',
  )
  expect([code, stderr]).toEqual([2, expect.stringContaining('The working directory has a path that is not UTF-8.')])
})

test('an empty text is a text', async () => {
  expect((await place.json(['commit', 'a', '--name', 's', '-m', '', '--source', ''])).complete).toBe(true)
})

test('a switch is on or off', async () => {
  expect((await place.run(['log', '--json=maybe'])).stderr).toContain("'maybe' is no value of --json.")
  expect((await place.run(['commit', 'a', '--dry-run=no'])).stderr).toContain("'no' is no value of --dry-run.")
  expect(JSON.parse((await place.run(['log', '--json=true'])).stdout)).toHaveProperty('snapshots')
})

test('nothing was made by what was refused', () => {
  expect(fs.readdirSync(place.directory).sort()).toEqual(['-dir', 'a', 'b', 'home', 'repository', 'true'])
})
