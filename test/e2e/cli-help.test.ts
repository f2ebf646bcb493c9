import fs from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { COMMANDS, GROUPS } from '../../cli/commands.ts'
import { EXITS } from '../../cli/exit-codes.ts'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
afterAll(() => place.remove())

/** Every command line that has a help text: `log`, and `key list` for groups. */
async function helpTexts(words: readonly string[] = []): Promise<{ readonly words: readonly string[]; readonly text: string }[]> {
  const { code, stdout, stderr } = await place.run([...words, '--help'])
  expect([code, stderr], words.join(' ')).toEqual([0, ''])
  const section = words.length === 0 ? '' : (/^Commands:\n((?: {2}.*\n)+)/m.exec(stdout)?.[1] ?? '')
  const below = [...section.matchAll(/^ {2}cairn (\S+) (\S+)/gm)]
    .map(([, group, name]) => [group!, name!])
    .filter(([, name]) => !/^[<[]/.test(name!))
  const names = words.length === 0 ? Object.keys(COMMANDS).map((name) => [name]) : below
  const texts = below.length > 0 && words.length > 0 ? [] : [{ words, text: stdout }]
  for (const each of names) texts.push(...(await helpTexts(each)))
  return texts
}

const [program, ...commands] = await helpTexts()

describe('help', () => {
  test('the program names every command', () => {
    for (const name of Object.keys(COMMANDS)) expect(program!.text).toMatch(new RegExp(`^ {2}cairn ${name}\\b`, 'm'))
  })

  test.each(commands)('$words has a description, examples and exit codes', ({ words, text }) => {
    expect(text.split('\n')[2]).toMatch(/\w{3}/)
    expect(text).toContain('Examples:')
    expect(text.replace(/\s+/g, ' ')).toContain(`cairn ${words.join(' ')}`)
    const codes = [...text.slice(text.indexOf('Exit codes:')).matchAll(/^ +(\d+) {2}\S/gm)].map(([, code]) => Number(code))
    expect(codes).toEqual(expect.arrayContaining([EXITS.done[0], EXITS.usage[0], EXITS.bug[0]]))
  })

  test.each(commands)('$words uses only options that it has in its examples', ({ text }) => {
    const examples = text.slice(text.indexOf('Examples:'), text.indexOf('Exit codes:'))
    const options = text.slice(0, text.indexOf('Examples:'))
    for (const [option] of examples.matchAll(/(?<=\s)--[a-z][a-z-]*/g)) expect(options, option).toContain(option)
  })

  test.each(commands)('$words describes every option', ({ text }) => {
    const options = text.slice(0, text.indexOf('Examples:'))
    for (const [, option, rest] of options.matchAll(/^ +(?:-\w, )?(--[a-z-]+) *(.*)$/gm)) expect(rest, option).toMatch(/^\S.*\w{3}/)
  })
})

test('the commands below others are those that are suggested', () => {
  const below = commands.filter(({ words }) => words.length > 1).map(({ words }) => words.join(' '))
  const known = Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => `${group} ${name}`))
  expect(known.sort()).toEqual(below.sort())
})

test('-h, help COMMAND and version are understood', async () => {
  expect((await place.run(['-h'])).stdout).toContain('cairn commit')
  expect((await place.run(['help', 'key', 'add'])).stdout).toContain('--new-identity')
})

test.each([
  ['commit', '-qh'],
  ['ls', '-lRh'],
  ['commit', '-help'],
  ['log', '--bogus', '--help'],
])('who asks for help gets it: %j', async (...args) => {
  const { code, stdout } = await place.run(args)
  expect([code, stdout]).toEqual([0, expect.stringContaining(`cairn ${args[0]}`)])
})

test('the version is the one of the package', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  for (const word of ['--version', 'version']) expect(await place.run([word])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
})

test('without a command the help goes to stderr', async () => {
  const { code, stdout, stderr } = await place.run([])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('cairn commit')
})

test.each([
  [['comit', '.'], 'no command comit', "'cairn commit'"],
  [['commit', '.', '--exlude', 'x'], 'no option --exlude', '--exclude?'],
  [['commit', '.', '--exclude-fil=x'], 'no option --exclude-fil', '--exclude-file?'],
  [['commit', '-dir'], 'There is no option -dir.', './-dir, or put it behind --'],
  [['log', '--lmit=3'], 'no option --lmit', '--limit?'],
  [['log', '--no-json'], 'no option --no-json', ''],
  [['log', 'a', 'b'], 'b is one too many', 'cairn log --help'],
  [['log', '--limit', '1', '--limit', '2'], '--limit was given more than once', ''],
  [['log', '--limit', 'many'], '--limit takes a whole number', ''],
  [['log', '--limit'], 'The option --limit has no value.', ''],
  [['key', 'add', '--role', 'writer'], "'writer' cannot be the role; it is one of owner, reader.", ''],
  [['key', 'export', '--writer', '--series', 'x y', '-o', 'q'], "'x y' cannot name a series", ''],
  [['repair', 'indx'], 'no command repair indx', "'cairn repair index'"],
  [['journal', 'foo'], 'no command journal foo', 'cairn journal --help'],
  [['key'], "Which command of 'key'?", 'cairn key --help'],
  [['key', 'export'], '--writer, --series, --output are missing.', 'cairn key export --help'],
  [['key', 'remove'], 'The argument <slot> is missing.', 'cairn key remove --help'],
  [['diff', 'a'], 'The argument <after> is missing.', ''],
  [['commit', '.', '-m', 'a', '-m', 'b'], 'The option -m was given more than once.', ''],
  [['restore', 'a', '--to', 'b', '--allow-two-renames'], '--allow-two-renames is for --replace.', ''],
  [['restore', 'latest'], '--to is missing.', 'cairn restore --help'],
  [['--repo'], 'repo', ''],
  [['-V'], 'There is no option -V.', 'Did you mean --version?'],
  [['-v'], 'There is no option -v.', 'Did you mean --version?'],
  [['--verson'], 'There is no option --verson.', 'Did you mean --version?'],
  [['commit', '-dash'], 'There is no option -d', 'read as -d -a -s -h'],
  [['commit', '.', '-mhello'], 'There is no option -m that could stand in -mhello', ''],
  [['-xh'], 'There is no option -x', ''],
  [['key', 'add', '-hx'], 'There is no option -x', ''],
  [['-q', '--lmit'], 'There is no option --lmit.', ''],
  [['-q', '--quiet=true'], 'No command was named.', ''],
])('%j is refused with a hint', async (args, message, hint) => {
  const { code, stdout, stderr } = await place.run(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^cairn: /)
  expect(stderr).toContain(message)
  expect(stderr).toContain(hint)
})

test.each([
  ['commit', '--message', 16, ['.', '-m']],
  ['commit', '--source', 4, ['.', '--source']],
  ['commit', '--tag owner', 4, ['.', '--tag'], 'owner='],
  ['init', '--label', 4, ['x', '--label']],
  ['key', '--label', 4, ['add', '--new-recovery-code', '--label']],
  ['key', '--label', 4, ['export', '--writer', '--series', 's', '-o', 'q.json', '--label']],
])('%s refuses a %s of more than %i KiB before it does anything', async (name, option, mostKib, args, beginning = '') => {
  const most = mostKib * 1024
  const { error } = await place.json([name, ...args, `${beginning}${'x'.repeat(most + 1)}`], { code: 2 })
  const message = `The text of ${option} has ${most + 1} bytes; at most ${mostKib} KiB are kept.`
  expect({ ...error, message: error.message.replace(',', '') }).toMatchObject({ code: 'text-too-long', message })
  expect(fs.readdirSync(place.directory)).toEqual([])
})

test('a wrong command line is told to programs as JSON', async () => {
  const { error } = await place.json(['log', '--bogus'], { code: 2 })
  expect(error).toMatchObject({ name: 'UsageError', code: 'unknown-option', exitCode: 2 })
})

describe('completion', () => {
  test.each(['bash', 'zsh'])('%s gets a script', async (shell) => {
    const { code, stdout } = await place.run(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('--get-yargs-completions')
  })

  test('completes commands and options', async () => {
    expect((await place.run(['--get-yargs-completions', 'cairn', 'co'])).stdout).toContain('commit')
    expect((await place.run(['--get-yargs-completions', 'cairn', 'commit', '--ex'])).stdout).toContain('--exclude-caches')
  })

  test.each([
    ['key', 'list\nadd\nremove\nexport\n'],
    ['completion', 'bash\nzsh\n'],
    ['commit', ''],
  ])('behind %s without a dash only what is no option is offered, so that the shell comes to files', async (command, offered) => {
    expect((await place.run(['--get-yargs-completions', 'cairn', command, ''])).stdout).toBe(offered)
  })

  test('no letter is offered behind two dashes', async () => {
    expect((await place.run(['--get-yargs-completions', 'cairn', 'commit', '--'])).stdout).not.toMatch(/^--.$/m)
    expect((await place.run(['--get-yargs-completions', 'cairn', 'commit', '-'])).stdout).toMatch(/^-q$/m)
  })

  test.each([
    ['--repo', ''],
    ['log', '--identity', 'a'],
  ])('leaves the value of %s to the shell', async (...words) => {
    expect(await place.run(['--get-yargs-completions', 'cairn', ...words])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
