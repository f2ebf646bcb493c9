import fs from 'node:fs'
import { expect, test } from 'vitest'
import { makeDirectories } from '../../src/runtime/make-directories.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()

test('what is missing is made, closed to others; what is there stays as it is', () => {
  fs.mkdirSync(at('open'), { mode: 0o755 })
  expect(makeDirectories(at('open/a/b'))).toBe(true)
  expect(['open', 'open/a', 'open/a/b'].map((each) => fs.statSync(at(each)).mode & 0o777)).toEqual([0o755, 0o700, 0o700])
  expect([makeDirectories(at('open/a/b')), makeDirectories('/')]).toEqual([false, false])
})

test('a symlink to a directory is one', () => {
  fs.mkdirSync(at('real'))
  fs.symlinkSync(at('real'), at('link'))
  expect([makeDirectories(at('link')), makeDirectories(at('link/below'))]).toEqual([false, true])
  expect(fs.readdirSync(at('real'))).toEqual(['below'])
})

test.each([
  ['/proc/x/y/z', 'ENOENT', '/proc/x'],
  ['file', 'EEXIST', 'file'],
  ['file/x', 'ENOTDIR', 'file/x'],
  ['dangling/x', 'EEXIST', 'dangling'],
])('%s cannot be made: %s at %s', (name, code, place) => {
  fs.writeFileSync(at('file'), '')
  fs.rmSync(at('dangling'), { force: true })
  fs.symlinkSync('nowhere', at('dangling'))
  const full = (each: string): string => (each.startsWith('/') ? each : at(each))
  expect(() => makeDirectories(full(name))).toThrow(expect.objectContaining({ code, path: full(place) }))
})
