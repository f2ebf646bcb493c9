// Directories of a walk as handles: more than may be open at once, above one another and beside one another, some of them in use.

import fs from 'node:fs'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { type DirectoryHandle, DirectoryHandles } from '../../src/sources/filesystem/directory-handle.ts'
import { scratch } from '../support/scratch.ts'

/** More than stay open. */
const COUNT = 700
const { at } = scratch()
const path = (depth: number): string => at('tree', ...Array.from({ length: depth }, () => 'd'))
let handles = new DirectoryHandles()

beforeAll(() => {
  fs.mkdirSync(path(COUNT), { recursive: true })
  for (let i = 0; i < COUNT; i++) fs.mkdirSync(at('tree', `beside-${i}`))
})
afterEach(() => {
  handles.close()
  handles = new DirectoryHandles()
})

/** The root and what is below it, the deepest last; none of them open but the root. */
function chain(): DirectoryHandle[] {
  const all = [handles.root(at('tree'))]
  for (let depth = 1; depth <= COUNT; depth++) all.push(all.at(-1)!.child(Buffer.from('d')))
  return all
}

function expectOpen(handle: DirectoryHandle, place: string): void {
  expect(fs.fstatSync(handle.fd(), { bigint: true }).ino).toBe(fs.statSync(place, { bigint: true }).ino)
}

function openCount(): number {
  return fs.readdirSync('/proc/self/fd').length
}

test('the deepest of many opens all above it, none of which was asked for anything, and few stay open', () => {
  const before = openCount()
  const all = chain()
  expectOpen(all.at(-1)!, path(COUNT))
  expect(openCount() - before).toBeLessThan(COUNT)
  for (const depth of [1, COUNT, 2, COUNT / 2]) expectOpen(all[depth]!, path(depth))
})

test('what is in use stays open, whatever is opened beside it', () => {
  const all = chain()
  const beside = Array.from({ length: COUNT }, (_, i) => all[0]!.child(Buffer.from(`beside-${i}`)))
  const pinned: number[] = []
  while (!handles.isCrowded) pinned.push(beside[pinned.length]!.pin())
  expect(pinned.length).toBeGreaterThan(100)
  expectOpen(all.at(-1)!, path(COUNT))
  for (const [i, handle] of beside.entries()) expectOpen(handle, at('tree', `beside-${i}`))
  expect(beside.slice(0, pinned.length).map((handle) => handle.fd())).toEqual(pinned)
})

test('one that had to be closed is the same directory when it is opened again, or none', () => {
  const all = chain()
  all[1]!.fd()
  expectOpen(all.at(-1)!, path(COUNT))
  fs.renameSync(path(1), at('tree', 'away'))
  fs.mkdirSync(path(1))
  expect(() => all[1]!.fd()).toThrow(/replaced/)
  fs.rmdirSync(path(1))
  fs.renameSync(at('tree', 'away'), path(1))
  expectOpen(all[1]!, path(1))
})
