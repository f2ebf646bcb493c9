// A restore that replaces a directory and gets nothing written, or nothing to write: what lives there stays as it is. Writes fail as
// node:fs says it, which has no name for a quota's error.

import fs from 'node:fs'
import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { planRestore, type RestoreOutcome, runRestore } from '../../src/operations/restore/restore.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { commitDirectory, type RepositoryFixture, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'

const EDQUOT = 122
const ENOKEY = 126
const CONTENT_BYTES = 20_000
const refused = vi.hoisted(() => ({ errno: 0, sparedWrites: 0 }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  /** Refuses content; a marker is shorter. */
  const writeSync = (fd: number, bytes: Uint8Array, from: number, length: number | undefined, to: number): number => {
    if (refused.errno === 0 || length !== CONTENT_BYTES || refused.sparedWrites-- > 0) return real.writeSync(fd, bytes, from, length, to)
    const [code, message] = [getSystemErrorName(-refused.errno), getSystemErrorMessage(-refused.errno)]
    throw Object.assign(new Error(`${code}: ${message}, write`), { errno: -refused.errno, code, syscall: 'write' })
  }
  return { ...real, writeSync }
})

const { at } = scratch()
let number = 0
let base: string
let fixture: RepositoryFixture

beforeEach(async () => {
  base = at(String(++number))
  for (const name of ['source/directory', 'target']) fs.mkdirSync(`${base}/${name}`, { recursive: true })
  fs.writeFileSync(`${base}/target/mine`, 'mine')
  fixture = await repositoryFixture(await FileSystemStore.create(`${base}/repository`))
})
afterEach(() => {
  refused.errno = 0
})

function write(name: string, bytes: Uint8Array | string): void {
  fs.writeFileSync(`${base}/source/${name}`, bytes)
}

/** Restores what was committed in place of the target; `meanwhile` comes just before. */
async function replaced(meanwhile: () => void): Promise<RestoreOutcome> {
  const snapshot = await commitDirectory(fixture.repository, `${base}/source`)
  meanwhile()
  const repository = await reopen(fixture.store, fixture.identity)
  const plan = await planRestore(repository, snapshot, { to: `${base}/target`, keepGoing: true, replacing: 'tree' })
  return runRestore(repository, plan, { keepGoing: true, replace: issuePermit('test', () => true) })
}

function refuse(errno: number, sparedWrites: number): void {
  Object.assign(refused, { errno, sparedWrites })
}

function loseContent(): void {
  for (const pack of fs.globSync(`${base}/repository/packs/data/*/*`)) fs.rmSync(pack)
}

function expectUntouched(): void {
  refused.errno = 0
  expect(fs.readdirSync(base).sort()).toEqual(['repository', 'source', 'target'])
  expect(fs.readdirSync(`${base}/target`)).toEqual(['mine'])
}

test.each([0, 1, 2, 3])('over quota after %i files: the restore fails as on a full disk, and the target is what it was', async (spared) => {
  for (let i = 0; i < 4; i++) write(`file ${i}`, noise(i, CONTENT_BYTES))
  await expect(replaced(() => refuse(EDQUOT, spared))).rejects.toMatchObject({ name: 'StoreError', code: 'target-no-space' })
  expectUntouched()
})

test('a tree of which every file is refused replaces nothing', async () => {
  write('file', noise(1, CONTENT_BYTES))
  write('empty', '')
  await expect(replaced(() => refuse(ENOKEY, 0))).rejects.toMatchObject({ name: 'StopError', code: 'nothing-restored' })
  expectUntouched()
})

test('nor does one of which all content is lost', async () => {
  write('file', noise(1, CONTENT_BYTES))
  write('directory/other', noise(2, CONTENT_BYTES))
  await expect(replaced(loseContent)).rejects.toMatchObject({ name: 'StopError', code: 'nothing-restored' })
  expectUntouched()
})

test('nor one of which all trees are lost', async () => {
  write('file', noise(1, CONTENT_BYTES))
  const loseTrees = (): void => {
    for (const pack of fs.globSync(`${base}/repository/packs/tree/*/*`)) fs.truncateSync(pack, 100)
  }
  await expect(replaced(loseTrees)).rejects.toMatchObject({ name: 'StopError', code: 'nothing-restored' })
  expectUntouched()
})

test('one file that is there is worth it, and so is a snapshot that never held more than names', async () => {
  write('empty', '')
  expect((await replaced(() => undefined)).problemCount).toBe(0)
  expect(fs.readdirSync(`${base}/target`).sort()).toEqual(['directory', 'empty'])
  write('file', noise(1, CONTENT_BYTES))
  write('other', noise(2, CONTENT_BYTES))
  const outcome = await replaced(() => refuse(ENOKEY, 1))
  expect([outcome.files, outcome.problemCount]).toEqual([2, 1])
})
