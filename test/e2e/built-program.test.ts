// The bundle in dist/: run while it is what the sources say, never a moment longer, and the same program.

import { execFile, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-built-'))
const VERSION = 'cli/version.ts'

beforeAll(() => {
  for (const name of ['bin', 'cli', 'src', 'format', '.ci', 'package.json']) {
    fs.cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true, preserveTimestamps: true })
  }
  fs.mkdirSync(at('node_modules'))
  for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
    if (name !== '.package-lock.json') fs.symlinkSync(path.join(ROOT, 'node_modules', name), at(`node_modules/${name}`))
  }
  fs.writeFileSync(at('node_modules/.package-lock.json'), '{}')
  run('.ci/build.js')
}, 60_000)
afterAll(() => fs.rmSync(checkout, { recursive: true, force: true }))

test('what was built is what runs, and it is the same program', () => {
  expect(runsBuild()).toBe(true)
  expect(loaded('--version').filter((file) => file.endsWith('.ts'))).toEqual([])
  const help = cairn('commit', '--help')
  fs.renameSync(at('dist'), at('dist.away'))
  expect(runsBuild()).toBe(false)
  expect(cairn('commit', '--help')).toBe(help)
  fs.renameSync(at('dist.away'), at('dist'))
})

test.each<[string, (file: string) => void]>([
  ['changed', (file) => fs.appendFileSync(file, '\n// a change\n')],
  ['touched', (file) => fs.utimesSync(file, 1, 1)],
])('a source that was %s ends the use of a build', (_, change) => {
  const before = fs.readFileSync(at(VERSION))
  change(at(VERSION))
  expect(runsBuild()).toBe(false)
  expect(loaded('--version')).toContain('cli/main.ts')
  fs.writeFileSync(at(VERSION), before)
  run('.ci/build.js')
  expect(runsBuild()).toBe(true)
})

test('so do other packages', () => {
  const installed = fs.readFileSync(at('node_modules/.package-lock.json'))
  fs.appendFileSync(at('node_modules/.package-lock.json'), ' ')
  expect(runsBuild()).toBe(false)
  fs.writeFileSync(at('node_modules/.package-lock.json'), installed)
  run('.ci/build.js')
})

test.each(['cli/main.js', 'cli/commit-thread.js'])(
  'a build whose %s a crash has cut is not run: it would do nothing, and call that a success',
  (file) => {
    const build = current()
    fs.truncateSync(at(`dist/${build}/${file}`))
    expect(runsBuild()).toBe(false)
    run('.ci/build.js')
    expect(runsBuild()).toBe(true)
  },
)

test.each<[string, (current: Current) => unknown]>([
  ['of a version that noted no outputs', ({ build, sources }) => ({ build, sources })],
  ['of one that noted no sources', ({ build, outputs }) => ({ build, outputs })],
  ['that names no file', (current) => ({ ...current, sources: [], outputs: [] })],
  ['whose outputs are no list', (current) => ({ ...current, outputs: {} })],
  ['whose outputs are no stamps', (current) => ({ ...current, outputs: [5, null, ['\0', 1]] })],
  ['whose outputs have no size', (current) => ({ ...current, outputs: current.outputs.map(([file]) => [file]) })],
  ['that leads elsewhere', (current) => ({ ...current, build: '../elsewhere' })],
  ['that is a number', () => 5],
])('a note %s is of no build, and the sources run', (_, change) => {
  const text = fs.readFileSync(at('dist/current.json'), 'utf8')
  fs.writeFileSync(at('dist/current.json'), JSON.stringify(change(JSON.parse(text))))
  expect(runsBuild()).toBe(false)
  fs.writeFileSync(at('dist/current.json'), text)
  expect(runsBuild()).toBe(true)
})

test('several builds at once, and the one that runs is whole', async () => {
  fs.appendFileSync(at(VERSION), '\n// another build\n')
  const delays = [0, 60, 120, 180]
  await Promise.all(
    delays.map((delayMs) => setTimeout(delayMs).then(() => promisify(execFile)(process.execPath, ['.ci/build.js'], { cwd: checkout }))),
  )
  expect(runsBuild()).toBe(true)
  expect(fs.readdirSync(checkout).filter((name) => name.startsWith('.build-'))).toEqual([])
}, 60_000)

test('a build that somebody runs stays when others follow', () => {
  const running = current()
  for (const change of ['one', 'two']) {
    fs.appendFileSync(at('cli/main.ts'), `\nprocess.title = 'cairn ${change}'\n`)
    run('.ci/build.js')
  }
  expect(current()).not.toBe(running)
  expect(builds()).toContain(running)
  expect(builds().length).toBeLessThanOrEqual(3)
})

test('without the means to build, no older build is run', () => {
  const modules = at('node_modules')
  const away = at('node_modules.away')
  fs.renameSync(modules, away)
  fs.mkdirSync(modules)
  for (const name of fs.readdirSync(away)) if (name !== 'rolldown') fs.symlinkSync(path.join(away, name), path.join(modules, name))
  expect(run('.ci/build.js')).toContain('rolldown is not installed')
  expect(runsBuild()).toBe(false)
  fs.rmSync(modules, { recursive: true })
  fs.renameSync(away, modules)
  run('.ci/build.js')
})

test('a commit, a verification and a restore run in threads of the bundle', () => {
  const env = { CAIRN_HOME: path.join(checkout, 'home'), CAIRN_REPO: path.join(checkout, 'repository') }
  const restored = path.join(checkout, 'restored')
  run('bin/cairn.js', ['init'], env)
  run('bin/cairn.js', ['commit', 'cli', '--name', 'code'], env)
  expect(run('bin/cairn.js', ['verify', '--data'], env)).toContain('2 of 2 packs read')
  run('bin/cairn.js', ['restore', 'code:main.ts', '--to', restored], env)
  expect(fs.readFileSync(path.join(restored, 'main.ts'))).toEqual(fs.readFileSync(path.join(checkout, 'cli/main.ts')))
})

test('the licences of all that the bundle holds are beside it', () => {
  const licences = fs.readFileSync(at(`dist/${current()}/LICENSES.md`), 'utf8')
  for (const name of ['yargs', '@noble/ciphers', 'ignore']) expect(licences).toMatch(new RegExp(`^# ${name} \\d`, 'm'))
})

interface Current {
  readonly build: string
  readonly sources: readonly unknown[]
  readonly outputs: readonly (readonly [string, number])[]
}

function at(name: string): string {
  return path.join(checkout, name)
}

function current(): string {
  return JSON.parse(fs.readFileSync(at('dist/current.json'), 'utf8')).build
}

function builds(): string[] {
  return fs.readdirSync(at('dist')).filter((name) => name !== 'current.json')
}

function runsBuild(): boolean {
  return loaded('--version').some((file) => /^dist\/[0-9a-f]{16}\/cli\/main\.js$/.test(file))
}

function run(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(process.execPath, [file, ...args], { cwd: checkout, encoding: 'utf8', env: { ...process.env, ...env } })
}

function cairn(...args: string[]): string {
  return run('bin/cairn.js', args)
}

/** The files of the package that a run of the program loads. */
function loaded(...args: string[]): string[] {
  const hook = path.join(checkout, 'loaded.mjs')
  fs.writeFileSync(hook, LOADED)
  const text = run('--import', [hook, 'bin/cairn.js', ...args])
  const lines = text.split('\n').filter((line) => line.startsWith('loaded '))
  return lines.map((line) => path.relative(checkout, line.slice('loaded '.length)))
}

const LOADED = `import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) console.log('loaded ' + fileURLToPath(url))
    return next(url, context)
  },
})
`
