// The bundle in dist/: run while it is what the sources say, never a moment longer, and the same program.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-built-'))
const VERSION = 'cli/version.ts'

beforeAll(() => {
  for (const name of ['bin', 'cli', 'src', 'format', '.ci', 'package.json']) {
    fs.cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true, preserveTimestamps: true })
  }
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(checkout, 'node_modules'))
  run('.ci/build.js')
}, 60_000)
afterAll(() => fs.rmSync(checkout, { recursive: true, force: true }))

test('what was built is what runs, and it is the same program', () => {
  const help = cairn('commit', '--help')
  fs.rmSync(path.join(checkout, 'dist/sources.json'))
  expect(cairn('commit', '--help')).toBe(help)
  run('.ci/build.js')
  expect(loaded('--version')).toContain('dist/cli/main.js')
  expect(loaded('--version').filter((file) => file.endsWith('.ts'))).toEqual([])
})

test.each<[string, (file: string) => void]>([
  ['changed', (file) => fs.appendFileSync(file, '\n// a change\n')],
  ['touched', (file) => fs.utimesSync(file, 1, 1)],
])('a source that was %s ends the use of the bundle', (_, change) => {
  const file = path.join(checkout, VERSION)
  const before = fs.statSync(file)
  const content = fs.readFileSync(file)
  change(file)
  const files = loaded('--version')
  expect(files).toContain('cli/main.ts')
  expect(files).not.toContain('dist/cli/main.js')
  fs.writeFileSync(file, content)
  fs.utimesSync(file, before.atimeMs / 1000, before.mtimeMs / 1000)
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
  const licences = fs.readFileSync(path.join(checkout, 'dist/LICENSES.md'), 'utf8')
  for (const name of ['yargs', '@noble/ciphers', 'ignore']) expect(licences).toMatch(new RegExp(`^# ${name} \\d`, 'm'))
})

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
