// Trees that name one another again and again: a few kilobytes that stand for more paths than anybody could walk.

import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Stream } from '../../format/stream.ts'
import { find } from '../../src/operations/find/find.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { CliRepository } from '../support/cli-repository.ts'
import { commitForged, directoryEntry, type Forge, fileEntry } from '../support/forged-commit.ts'
import { openAs } from '../support/repository.ts'
import { reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { pathsOf } from '../support/verify-place.ts'

const NOWHERE = { length: 600, id: Buffer.alloc(32, 7) }
const ALSO_NOWHERE = { length: 700, id: Buffer.alloc(32, 8) }

/** A directory with one file whose chunk does not exist. */
function harmedLeaf(forge: Forge): Stream {
  return forge.directory([fileEntry('f', { size: 600, depth: 0, items: [NOWHERE] })])
}

async function opened(...roots: readonly ((forge: Forge) => Stream)[]): Promise<Repository> {
  const { store, identity, repository } = await repositoryFixture()
  for (const root of roots) await commitForged(repository, root)
  return reopen(store, identity)
}

describe('verify', () => {
  test('counts what a lost chunk harms through repeated directories, lists a thousand paths, and tells of all else', async () => {
    const repository = await opened(
      (forge) => forge.repeated(harmedLeaf(forge), 100, 6),
      (forge) => forge.directory([fileEntry('other', { size: 700, depth: 0, items: [ALSO_NOWHERE] })]),
    )
    const { ok, problems } = await verify(repository)
    expect(ok).toBe(false)
    const [repeated, other] = problems
    expect(problems).toHaveLength(2)
    expect(repeated).toMatchObject({ kind: 'chunk', object: '07'.repeat(32), pathCount: 100 ** 6, pathsCut: true })
    expect(new Set(pathsOf(repeated!)).size).toBe(1000)
    for (const path of pathsOf(repeated!)) expect(path).toMatch(/^(00\d\d\/){6}f$/)
    expect(other).toMatchObject({ object: '08'.repeat(32), pathCount: 1, pathsCut: false })
    expect(pathsOf(other!)).toEqual(['other'])
  })

  test('finds each of the few paths among many that are sound', async () => {
    const repository = await opened((forge) => {
      const sound = forge.repeated(forge.directory([]), 100, 6)
      const inner = forge.directory([directoryEntry('a', sound), directoryEntry('b', harmedLeaf(forge)), directoryEntry('c', sound)])
      return forge.directory([directoryEntry('x', inner), directoryEntry('y', inner)])
    })
    const { problems } = await verify(repository)
    expect(problems).toMatchObject([{ pathCount: 2, pathsCut: false }])
    expect(pathsOf(problems[0]!)).toEqual(['x/b/f', 'y/b/f'])
  })

  test('looks into a repeated list of lost chunks once, in files and in directories', async () => {
    const listed = (forge: Forge) => {
      const leaf = forge.list([NOWHERE, ALSO_NOWHERE])
      const inner = forge.list(Array.from({ length: 4096 }, () => leaf))
      const items = Array.from({ length: 4096 }, () => inner)
      return { size: 4096 * inner.length, depth: 2, items }
    }
    const repository = await opened((forge) => forge.directory([directoryEntry('d', listed(forge)), fileEntry('f', listed(forge))]))
    const { problems } = await verify(repository)
    const lost = problems.filter(({ kind }) => kind === 'chunk')
    expect(lost.map(({ object }) => object)).toEqual(['07'.repeat(32), '08'.repeat(32)])
    for (const problem of lost) expect(pathsOf(problem)).toEqual(['d', 'f'])
  })

  test('more paths than a number can tell are told as that many or more', async () => {
    const repository = await opened((forge) => forge.repeated(harmedLeaf(forge), 2, 2000))
    const { problems } = await verify(repository)
    expect(problems).toMatchObject([{ pathCount: Number.MAX_SAFE_INTEGER, pathsCut: true }])
  })
})

describe('find', () => {
  test('tells of matches as it comes to them, in order, and keeps few of them for the next snapshot', async () => {
    const bomb = (forge: Forge): Stream => forge.repeated(harmedLeaf(forge), 100, 6)
    const repository = await opened(bomb, bomb)
    const paths: string[] = []
    for await (const { path } of find(repository, repository.journal.state.snapshots, 'f')) if (paths.push(path.toString()) === 5000) break
    expect(paths).toEqual(paths.toSorted())
    expect(new Set(paths).size).toBe(5000)
  })

  test('finds the same in a snapshot that did not change', async () => {
    const small = (forge: Forge): Stream => forge.repeated(harmedLeaf(forge), 12, 3)
    const repository = await opened(small, small)
    const found = await Array.fromAsync(find(repository, repository.journal.state.snapshots, 'f'), ({ path }) => path.toString())
    expect(found).toHaveLength(2 * 12 ** 3)
    expect(found.slice(12 ** 3)).toEqual(found.slice(0, 12 ** 3))
  })
})

describe('the program', () => {
  let made: CliRepository
  beforeAll(async () => {
    made = await CliRepository.make()
    const repository = await openAs(made.store, made.owner)
    await commitForged(repository, (forge) => forge.repeated(harmedLeaf(forge), 100, 5))
  })
  afterAll(() => made.remove())

  test.each([
    ['stats', 'latest'],
    ['find', 'latest', 'nothing'],
    ['find', '--all-snapshots', 'f'],
    ['ls', '-R', 'latest'],
    ['diff', 'latest', 'latest:0000'],
    ['restore', 'latest', '--to', 'restored', '--dry-run'],
  ])('%s %s ends within a second of Ctrl-C', async (...args) => {
    const child = made.place.start(args)
    child.stdout!.resume()
    child.stderr!.resume()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(child.exitCode).toBe(null)
    const at = performance.now()
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(performance.now() - at).toBeLessThan(1000)
  })
})
