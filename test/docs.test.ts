// Holds the documents against the program: what they tell people to type is run, and what the program has is documented.

import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Argv, Options } from 'yargs'
import { COMMANDS } from '../cli/commands.ts'
import { EXITS } from '../cli/exit-codes.ts'
import { addGlobalOptions } from '../cli/options.ts'
import type { AnyCommand } from '../cli/run.ts'
import { SETUPS } from './support/doc-setups.ts'
import { type BlockResult, docBlocks, missingLines, runBlocks } from './support/doc-transcript.ts'

const ROOT = path.join(import.meta.dirname, '..')
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SPEC.md', ...fs.globSync('docs/**/*.md', { cwd: ROOT }).toSorted()]
const RUN = ['README.md', 'docs/recovery.md']

const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8')
const OPERATIONS = read('docs/operations.md')
const README = read('README.md')

/** The documents run side by side, each on a scratch machine of its own. */
const TRANSCRIPTS = RUN.map((file) => ({ file, blocks: docBlocks(read(file)) }))
let runs: Promise<BlockResult[]>[] | undefined
const started = (): Promise<BlockResult[]>[] => (runs ??= TRANSCRIPTS.map(({ blocks }) => runBlocks(blocks)))

describe.each(TRANSCRIPTS.map((transcript, number) => ({ ...transcript, number })))('the commands of $file', ({ blocks, number: run }) => {
  let results: BlockResult[] = []

  beforeAll(async () => {
    results = await started()[run]!
  }, 180_000)

  test('there are some', () => {
    expect(blocks.length).toBeGreaterThan(4)
    expect(blocks.some(({ output }) => output !== undefined)).toBe(true)
  })

  test.each(blocks.map((block, number) => ({ ...block, number })))('line $line', ({ number, output }) => {
    const result = results[number]!
    expect(result.ran, `an earlier block, or the setup, failed:\n${result.output}`).toBe(true)
    expect(result.passed, `a command failed:\n${result.output}`).toBe(true)
    expect(missingLines(output ?? [], result.output), `not in:\n${result.output}`).toEqual([])
  })
})

test.each(RUN)('%s never passes a secret as an argument, where other users can see it', (file) => {
  expect(read(file)).not.toMatch(/--recovery[ =]|\$\(cat \S*code/)
})

test('every setup is used', () => {
  const used = RUN.flatMap((file) => docBlocks(read(file)).map(({ setup }) => setup))
  expect(new Set(used.filter((setup) => setup !== undefined))).toEqual(new Set(Object.keys(SETUPS)))
})

test('a line that was not printed is missed', () => {
  expect(missingLines(['2 files, 3 KiB', 'b … d'], 'x\n2 files,  9.5 MiB\nb c d\n')).toEqual([])
  expect(missingLines(['2 files', 'b'], 'b\n2 files\n')).toEqual(['b'])
  expect(missingLines(['Snapshot 01234567 in 3 ms'], 'Snapshot fedcba98 in 1.5 s')).toEqual([])
  expect(missingLines(['3 files'], '2 files')).toEqual(['3 files'])
})

describe('the program', () => {
  const commands = Object.values(COMMANDS).map(async (load) => commandLines((await load()).command))

  test('each command stands in docs/operations.md, with its options and no others', async () => {
    const lines = (await Promise.all(commands)).flat()
    expect(lines.length).toBeGreaterThanOrEqual(Object.keys(COMMANDS).length)
    for (const { words, options } of lines) {
      const row = OPERATIONS.split('\n').find((line) => line.startsWith(`| \`cairn ${words}\``) || line.startsWith(`| \`cairn ${words} `))
      expect(optionsIn(row ?? 'no row'), `cairn ${words}`).toEqual(Object.keys(options).toSorted())
    }
    const documented = [...OPERATIONS.matchAll(/^\| `cairn ([a-z ]*[a-z])/gm)].map(([, words]) => words!)
    expect(documented.toSorted()).toEqual(lines.map(({ words }) => words).toSorted())
  })

  test('each command and option has a help text', async () => {
    for (const { words, describe, options } of (await Promise.all(commands)).flat()) {
      expect(describe, words).toMatch(/\w{3}/)
      for (const [name, option] of Object.entries(options)) expect(option.describe, `${words} --${name}`).toMatch(/\w{3}/)
    }
  })

  test('the options of every command stand in docs/operations.md', () => {
    const { recorder, heard } = record()
    addGlobalOptions(recorder)
    const row = OPERATIONS.split('\n').find((line) => line.startsWith('| every command'))
    expect(optionsIn(row ?? 'no row')).toEqual(['help', 'version', ...Object.keys(heard.options)].toSorted())
  })

  test.each(['README.md', 'docs/operations.md'])('each exit code stands in %s', (file) => {
    const rows = [...read(file).matchAll(/^\| (\d+) \| ([^|]*?) \|/gm)].map(([, code]) => Number(code))
    expect(rows).toEqual(Object.values(EXITS).map(([code]) => code))
  })

  test('each STOP stands in docs/operations.md', () => {
    const named = sources(['src', 'cli']).flatMap((source) =>
      [...source.matchAll(/new StopError\(\s*'([a-z-]+)'/g)].map(([, name]) => name!),
    )
    expect(named.length).toBeGreaterThan(10)
    const rows = [...OPERATIONS.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name!)
    expect(rows.toSorted()).toEqual([...new Set(named)].toSorted())
  })

  test('each environment variable stands in README.md', () => {
    const read = sources(['src', 'cli', 'bin']).flatMap((source) =>
      [...source.matchAll(/env\??\.?\[?'?((?:CAIRN|XDG)_[A-Z_]+)/g)].map(([, name]) => name!),
    )
    expect(read.length).toBeGreaterThan(5)
    const rows = [...README.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name!)
    expect(rows.toSorted()).toEqual([...new Set(read)].toSorted())
  })
})

describe.each(DOCUMENTS)('%s', (file) => {
  const text = read(file)

  test('has links that lead somewhere', () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [name = '', anchor] = target!.split('#')
      const linked = name === '' ? file : path.join(path.dirname(file), name)
      expect(fs.existsSync(path.join(ROOT, linked)), target).toBe(true)
      if (anchor !== undefined) expect(anchors(read(linked)), target).toContain(anchor)
    }
  })

  test('names files that are there', () => {
    const named = [...text.matchAll(/`((?:src|cli|format|test|bench|docs|bin)\/[\w./-]*)`/g)].map(([, name]) => name!)
    expect(named.filter((name) => !fs.existsSync(path.join(ROOT, name)))).toEqual([])
  })

  test('names no path of the machine that it was written on', () => {
    const places = [...text.matchAll(/(?<=^|[\s`"'(=])\/([a-z][\w.-]*\/(?:ada)?)/gm)].map(([, place]) => place!)
    expect(places.filter((place) => !/^(home\/ada|(mnt|etc|usr|var|srv|proc|dev|media)\/)/.test(place))).toEqual([])
  })

  test('calls nothing by another name', () => {
    expect(text).not.toMatch(/\b(blob|vault|backup set)s?\b/i)
  })
})

test('README.md has the two lines', () => {
  expect(README).toMatch(/^npm ci && npm start$/m)
  expect(README).toMatch(/^npm ci && npm test$/m)
})

interface CommandLine {
  /** `log`, or `key list`. */
  readonly words: string
  readonly describe: string
  readonly options: Record<string, Options>
}

/** A command and those below it; a group that only holds others is none itself. */
function commandLines(module: AnyCommand, before = ''): CommandLine[] {
  const [name] = [module.command].flat()
  const words = `${before}${name!.split(/ [<[]/)[0]}`
  const { recorder, heard } = record()
  ;(module.builder as (yargs: Argv) => unknown)(recorder)
  const below = heard.commands.flatMap((each) => commandLines(each, `${words} `))
  return heard.isGroup ? below : [{ words, describe: String(module.describe), options: heard.options }, ...below]
}

interface Heard {
  readonly options: Record<string, Options>
  readonly commands: AnyCommand[]
  isGroup: boolean
}

/** Something that looks like yargs and writes down what it is told. */
function record(): { recorder: Argv; heard: Heard } {
  const heard: Heard = { options: {}, commands: [], isGroup: false }
  const methods: Record<string, (first: never, second: never) => void> = {
    option: (name: string, option: Options) => (heard.options[name] = option),
    options: (all: Record<string, Options>) => Object.assign(heard.options, all),
    command: (modules: AnyCommand | AnyCommand[]) => heard.commands.push(...[modules].flat()),
    demandCommand: () => (heard.isGroup = true),
  }
  const recorder: Argv = new Proxy({} as Argv, {
    get: (_, method) => (first: never, second: never) => {
      methods[String(method)]?.(first, second)
      return recorder
    },
  })
  return { recorder, heard }
}

function optionsIn(text: string): string[] {
  return [...text.matchAll(/`--([a-z-]+)/g)].map(([, name]) => name!).toSorted()
}

function sources(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => fs.globSync(`${folder}/**/*.{ts,js}`, { cwd: ROOT })).map(read)
}

/** The anchors of a document's headings, as they are made on the web. */
function anchors(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
