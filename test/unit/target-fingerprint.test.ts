import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mkdirAt, openDirNoFollow } from '../../src/runtime/posix/at.ts'
import { removeTree } from '../../src/targets/remove-tree.ts'
import { targetFingerprint } from '../../src/targets/target-fingerprint.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
const openFiles = (): number => readdirSync('/proc/self/fd').length

test('a target 15,000 directories deep has a fingerprint, and few handles are open for it', () => {
  mkdirSync(at('deep'))
  let fd = openSync(at('deep'), 'r')
  for (let depth = 0; depth < 15_000; depth++) {
    if (depth % 50 === 0) mkdirAt(fd, Buffer.from('beside'), 0o700)
    mkdirAt(fd, Buffer.from('d'), 0o700)
    const next = openDirNoFollow(fd, Buffer.from('d'))
    closeSync(fd)
    fd = next
  }
  const before = openFiles()
  const found = targetFingerprint(at('deep'))
  expect(targetFingerprint(at('deep'))).toEqual(found)
  expect(openFiles()).toBe(before)
  mkdirAt(fd, Buffer.from('new'), 0o700)
  closeSync(fd)
  expect(targetFingerprint(at('deep'))).not.toEqual(found)
  const place = openSync(at(), 'r')
  removeTree(place, 'deep')
  closeSync(place)
}, 120_000)

test('any change in any directory makes another fingerprint', () => {
  const make = (name: string): void => {
    for (const path of ['a/b/c', 'a/d', 'e']) mkdirSync(join(at(name), path), { recursive: true })
  }
  make('wide')
  const seen = new Set([targetFingerprint(at('wide')).toString('hex')])
  const changes = [
    () => writeFileSync(at('wide', 'a/b/c/file'), 'x'),
    () => writeFileSync(at('wide', 'a/b/c/file'), 'longer'),
    () => chmodSync(at('wide', 'e'), 0o700),
    () => rmSync(at('wide', 'a/d'), { recursive: true }),
    () => mkdirSync(at('wide', 'e/f')),
  ]
  for (const change of changes) {
    change()
    seen.add(targetFingerprint(at('wide')).toString('hex'))
  }
  expect(seen.size).toBe(changes.length + 1)
})
