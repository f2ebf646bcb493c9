// Hostile neighbours and hostile snapshots around a target that stays while its contents are exchanged.

import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { issuePermit, type Permit } from '../../src/runtime/permit.ts'
import { tryLock } from '../../src/runtime/posix/lock.ts'
import { ContentsStaging, interruptedExchange } from '../../src/targets/contents-staging.ts'
import { entriesOf, fill, keptIn, linesOfFill } from '../support/contents-target.ts'
import { codeOf, place, watchCanary } from './hostile-fixture.ts'

watchCanary('hostile-contents')
beforeEach(() => {
  mkdirSync(place().target)
  fill(place().target, 'old')
})

const permit = (): Permit => issuePermit('test', (path) => path === place().target)
const create = (): ContentsStaging => ContentsStaging.create(place().target, { replace: true })

function begun(): ContentsStaging {
  const staging = create()
  fill(join(place().target, staging.name, 'tree'), 'new')
  return staging
}

describe('what stands at the target', () => {
  test.each<[string, () => void]>([
    ['a symlink to the canary', () => symlinkSync(place().canary, place().target)],
    ['a file', () => writeFileSync(place().target, 'mine')],
  ])('%s', (_, make) => {
    rmSync(place().target, { recursive: true })
    make()
    expect(codeOf(create)).toBe('target-not-a-directory')
    expect(codeOf(() => interruptedExchange(place().target))).toBe('target-not-a-directory')
  })
  test('the root of the file system', () => {
    expect(codeOf(() => ContentsStaging.create('/', { replace: true }))).toBe('mount-point')
  })
  test('nothing', () => {
    rmSync(place().target, { recursive: true })
    expect(codeOf(create)).toBe('target-access')
  })
})

describe('the staging directory', () => {
  test('renamed, and a symlink to the canary in its place: nothing is put into place, and nothing goes out', () => {
    const staging = begun()
    const path = join(place().target, staging.name)
    renameSync(path, join(place().target, 'aside'))
    symlinkSync(place().canary, path)
    expect(codeOf(() => staging.finish({ permit: permit() }))).toBe('target-tampered')
    expect(codeOf(() => staging.abort())).not.toBe('nothing thrown')
    expect(readlinkSync(path)).toBe(place().canary)
    expect([entriesOf(place().target), keptIn(place().target)]).toEqual([[...linesOfFill('old'), 'aside/'].sort(), []])
  })
  test('with a symlink to the canary for its tree: what moves is the tree that was built', () => {
    const staging = begun()
    const path = join(place().target, staging.name)
    renameSync(join(path, 'tree'), join(path, 'other'))
    symlinkSync(place().canary, join(path, 'tree'))
    expect(codeOf(() => staging.finish({ permit: permit() }))).toBe('target-io')
    expect(entriesOf(place().target)).toEqual(linesOfFill('new'))
  })
  test('the target renamed, and a symlink to the canary in its place: the directory that was opened is exchanged', () => {
    const staging = begun()
    renameSync(place().target, join(place().base, 'aside'))
    symlinkSync(place().canary, place().target)
    staging.finish({ permit: permit() })
    expect(entriesOf(join(place().base, 'aside'))).toEqual(linesOfFill('new'))
  })
  test('of a restore that runs, into the same target or one in it, is waited for', () => {
    const first = begun()
    expect(codeOf(create)).toBe('restore-in-progress')
    first.abort()
    const inner = join(place().target, `.cairn-restore-${'b'.repeat(32)}`)
    mkdirSync(inner)
    const mark = { magic: 'cairn-restore-staging-1', target: 'inner', tree: { device: 1, inode: '1' }, state: 'writing' }
    writeFileSync(join(inner, 'marker'), JSON.stringify(mark))
    const fd = openSync(join(inner, 'marker'), 'r')
    expect(tryLock(fd, 'exclusive')).toBe(true)
    expect(codeOf(create)).toBe('restore-in-progress')
    closeSync(fd)
    const { oldPath } = begun().finish({ permit: permit() })
    expect(readdirSync(join(oldPath!, `.cairn-restore-${'b'.repeat(32)}`))).toEqual(['marker'])
  })
})

describe('links among the entries', () => {
  test('are moved as they are, never followed', () => {
    symlinkSync(place().canary, join(place().target, 'out'))
    const staging = begun()
    symlinkSync(place().canary, join(place().target, staging.name, 'tree', 'new-out'))
    const { oldPath } = staging.finish({ permit: permit() })
    for (const link of [join(oldPath!, 'out'), join(place().target, 'new-out')]) expect(readlinkSync(link)).toBe(place().canary)
  })
  test('one under the name of a directory of old entries is an entry as any other', () => {
    symlinkSync(place().canary, join(place().target, '.cairn-old-20200101T000000Z'))
    const { oldPath } = begun().finish({ permit: permit() })
    expect(lstatSync(join(oldPath!, '.cairn-old-20200101T000000Z')).isSymbolicLink()).toBe(true)
    expect(keptIn(place().target)).toEqual([oldPath])
  })
})

describe('a marker that came with a snapshot', () => {
  /** As a restore makes them: like what a killed one left, but other directories. */
  function copyOfKilled(state: 'moving-out' | 'moving-in'): string {
    const { target } = place()
    const path = join(target, `.cairn-restore-${'c'.repeat(32)}`)
    const old = join(target, '.cairn-old-20200101T000000Z')
    for (const directory of [join(path, 'tree'), old]) mkdirSync(directory, { recursive: true })
    chmodSync(path, 0o700)
    writeFileSync(join(path, 'tree', 'planted'), '')
    writeFileSync(join(old, 'planted'), '')
    const of = (directory: string, born: string): object => ({
      device: statSync(directory).dev,
      inode: String(statSync(directory).ino),
      born,
    })
    const mark = {
      magic: 'cairn-restore-staging-1',
      target: '.',
      tree: of(join(path, 'tree'), '1700000000.0'),
      old: of(old, '1700000000.0'),
      oldName: '.cairn-old-20200101T000000Z',
      root: { mode: 0o777, mtime: { seconds: 0, nanoseconds: 0 } },
      state,
    }
    writeFileSync(join(path, 'marker'), JSON.stringify(mark))
    return path
  }

  test.each(['moving-out', 'moving-in'] as const)('and says %s moves nothing, even where it guessed each inode', (state) => {
    copyOfKilled(state)
    const { mode } = statSync(place().target)
    expect(codeOf(create)).toBe(state === 'moving-out' ? 'target-tampered' : 'staging-unknown')
    expect(statSync(place().target).mode).toBe(mode)
    expect(entriesOf(place().target)).toEqual(linesOfFill('old'))
  })
  test.each([
    ['born', (text: string) => text.replaceAll('"born":', '"horn":')],
    ['root', (text: string) => text.replace('"root":', '"foot":')],
    ['state', (text: string) => text.replace('moving-in', 'moving-up')],
  ])('without a good %s is nobody’s, and goes as any other entry', (_, spoil) => {
    const marker = join(copyOfKilled('moving-in'), 'marker')
    writeFileSync(marker, spoil(readFileSync(marker, 'utf8')))
    const { oldPath } = begun().finish({ permit: permit() })
    expect(readdirSync(oldPath!)).toContain(`.cairn-restore-${'c'.repeat(32)}`)
    expect(entriesOf(place().target)).toEqual(linesOfFill('new'))
  })
})
