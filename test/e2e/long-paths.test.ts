// Paths longer than the kernel takes in one call (PATH_MAX, 4,096 bytes): each command reaches them name by name.

import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const LEVELS = 30
const NAMES = Array.from({ length: LEVELS }, (_, level) => `${level}-`.padEnd(250, 'x'))
const PATH = [...NAMES, 'file'].join('/')

const place = new CliPlace()

/** Runs a line of JavaScript in the lowest directory of a tree, which only steps lead to. */
function below(tree: string, line: string): void {
  const steps = `for (const name of ${JSON.stringify(NAMES)}) { fs.mkdirSync(name, { recursive: true }); process.chdir(name) }`
  execFileSync(process.execPath, ['-e', `${steps}; ${line}`], { cwd: place.at(tree), stdio: 'pipe' })
}

/** All names, metadata and contents of a tree. */
function archived(tree: string): Buffer {
  return execFileSync('tar', ['--format=gnu', '-C', place.at(tree), '-cf', '-', '.'])
}

beforeAll(async () => {
  place.write('tree/beside', 'beside')
  below('tree', 'fs.writeFileSync("file", "content"); fs.symlinkSync("file", "link")')
  await place.json(['init'])
  expect(await place.json(['commit', 'tree', '--name', 's'])).toMatchObject({ complete: true, files: 2, directories: LEVELS + 1 })
}, 30_000)
afterAll(() => execFileSync('rm', ['-rf', place.directory])) // node cannot

test('commit takes such a file again when it changed', async () => {
  below('tree', 'fs.utimesSync("file", 1e9, 1e9)')
  expect(await place.json(['commit', 'tree', '--name', 's'])).toMatchObject({ complete: true })
})

test('ls, cat and find tell of it', async () => {
  const { stdout } = await place.run(['ls', 's', '--recursive'])
  expect(stdout.split('\n')).toContain(PATH)
  expect((await place.run(['cat', `s:${PATH}`])).stdout).toBe('content')
  expect((await place.run(['find', 's', '**/file'])).stdout).toContain(PATH)
})

test('diff compares it with the disk', async () => {
  expect((await place.run(['diff', 's', './tree'])).code).toBe(0)
  below('tree', 'fs.writeFileSync("file", "other")')
  expect((await place.run(['diff', 's', './tree'])).stdout).toContain(PATH)
  await place.json(['commit', 'tree', '--name', 's'])
})

test('restore writes it', async () => {
  await place.json(['restore', 's', '--to', 'back'])
  expect(archived('back').equals(archived('tree'))).toBe(true)
})
