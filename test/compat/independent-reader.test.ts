// What Cairn writes, a reader that was written from SPEC.md alone restores byte for byte; and what one of the two refuses because
// somebody damaged or forged it, the other refuses too.

import fs from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { encodeIdentityFile } from '../../format/identity-file.ts'
import { planRestore, runRestore } from '../../src/operations/restore/restore.ts'
import { openStore } from '../../src/repository/store/open-store.ts'
import { main } from '../independent-reader.ts'
import { type Breakage, breakages, HARMLESS, type Wreck } from '../support/breakages.ts'
import { makeMixedTree, settleTimes } from '../support/mixed-tree.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { editSampleTree, makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { strangerOf } from '../support/soundness.ts'
import { treeFacts } from '../support/tree-facts.ts'

const { at } = scratch()

interface Made {
  readonly owner: TestOwner
  /** Manifest ids of the snapshots, in order, each with what its source was. */
  readonly snapshots: readonly { readonly id: string; readonly facts: readonly string[] }[]
}

/** A repository of two snapshots: a tree, and the same tree after an edit. */
async function make(name: string, fill: (tree: string) => void, edit: (tree: string) => void): Promise<Made> {
  const tree = at(`${name}-tree`)
  const store = await openStore(at(name), { create: true })
  const owner = await initIn(store)
  fs.writeFileSync(at(`${name}.json`), encodeIdentityFile(owner.identity))
  const snapshots: { id: string; facts: string[] }[] = []
  for (const change of [fill, edit]) {
    change(tree)
    settleTimes(tree)
    const facts = treeFacts(tree)
    snapshots.push({ id: toHex((await commitIn(store, owner, tree)).manifestId), facts })
  }
  await store.close()
  return { owner, snapshots }
}

/** Restores by the independent reader; what it had to remark. */
function readIndependently(repository: string, unlock: readonly string[], snapshot: string, target: string): string[] {
  const remarks: string[] = []
  main([repository, ...unlock, '--restore', snapshot, target], undefined, (remark: string) => remarks.push(remark))
  return remarks
}

/** Restores by the real reader, as a client that never saw the repository. */
async function readByCairn(repository: string, owner: TestOwner, snapshot: string, target: string): Promise<void> {
  const opened = await openAs(await openStore(repository), strangerOf(owner))
  const record = opened.journal.state.snapshots.find(({ manifest }) => toHex(manifest) === snapshot)
  if (record === undefined) throw new Error('the journal does not have the snapshot')
  const outcome = await runRestore(opened, await planRestore(opened, record, { to: target }))
  if (!outcome.complete) throw new Error('the restore is not complete')
}

function codeFile(code: string): string {
  fs.writeFileSync(at('code.txt'), `${code}\n`, { mode: 0o600 })
  return at('code.txt')
}

describe('restores what Cairn committed', () => {
  let made: Made
  let unlocks: Record<string, string[]>
  beforeAll(async () => {
    made = await make('mixed', makeMixedTree, (tree) => {
      fs.appendFileSync(`${tree}/several-chunks`, 'and more')
      fs.copyFileSync(`${tree}/several-chunks`, `${tree}/copy`)
      fs.rmSync(`${tree}/wide/entry-17`)
    })
    const byCode = ['--recovery-code-file', codeFile(made.owner.recoveryCode.toLowerCase())]
    unlocks = { identity: ['--identity', at('mixed.json')], 'recovery code': byCode }
    fs.cpSync(at('mixed'), at('no-index'), { recursive: true })
    fs.rmSync(at('no-index', 'index'), { recursive: true })
  })

  test.each([
    ['identity', 'mixed', 0],
    ['identity', 'no-index', 1],
    ['recovery code', 'mixed', 1],
    ['recovery code', 'no-index', 0],
  ] as const)('by %s from %s, snapshot %i', (how, from, of) => {
    const { id, facts } = made.snapshots[of]!
    const target = at(`${how}-${from}-${of}`)
    expect(readIndependently(at(from), unlocks[how]!, id, target)).toEqual([])
    expect(treeFacts(target)).toEqual(facts)
    expect(fs.statSync(`${target}/holes`).blocks).toBeLessThan(1000)
    fs.rmSync(target, { recursive: true })
  })

  test('lists the snapshots', () => {
    const lines: unknown[][] = []
    main([at('mixed'), ...unlocks['identity']!, '--list'], (...line: unknown[]) => lines.push(line))
    expect(lines.map(([, id]) => id)).toEqual(made.snapshots.map(({ id }) => id))
  })

  test('lists a snapshot in one line, whatever its description', async () => {
    fs.cpSync(at('mixed'), at('described'), { recursive: true })
    const store = await openStore(at('described'))
    await commitIn(store, strangerOf(made.owner), at('mixed-tree'), { facts: { ...FACTS, description: 'two\nlines' } })
    await store.close()
    const lines: string[] = []
    main([at('described'), ...unlocks['identity']!, '--list'], (...line: unknown[]) => lines.push(line.join(' ')))
    expect(lines.join('\n').split('\n')).toHaveLength(made.snapshots.length + 1)
  })
})

describe('agrees with Cairn on what is refused', () => {
  let made: Made
  let other: Made
  let count = 0
  beforeAll(async () => {
    made = await make('small', makeSampleTree, (tree) => editSampleTree(tree, 1))
    other = await make('other', makeSampleTree, (tree) => editSampleTree(tree, 2))
  })

  /** Both readers' restores of the last snapshot of a copy of the repository that was broken. */
  async function tryBoth(breakage: Breakage): Promise<{ facts: string[][]; errors: unknown[] }> {
    const [repository, [alone, real]] = [at(`broken-${++count}`), [at(`alone-${count}`), at(`real-${count}`)]] as const
    fs.cpSync(at('small'), repository, { recursive: true })
    const wreck: Wreck = { root: repository, other: at('other'), identity: made.owner.identity }
    breakage.apply(wreck)
    const errors: unknown[] = []
    const { id } = made.snapshots[1]!
    try {
      readIndependently(repository, ['--identity', at('small.json')], id, alone)
    } catch (error) {
      errors.push(error)
    }
    await readByCairn(repository, made.owner, id, real).catch((error: unknown) => errors.push(error))
    return { facts: [alone, real].filter((path) => fs.existsSync(path)).map(treeFacts), errors }
  }

  test.each(breakages.map((breakage) => [breakage.name, breakage] as const))('%s', async (_, breakage) => {
    const { facts, errors } = await tryBoth(breakage)
    expect(errors).toHaveLength(2)
    expect(facts).toEqual([])
  })

  test.each(HARMLESS.map((breakage) => [breakage.name, breakage] as const))('both restore in spite of: %s', async (_, breakage) => {
    const { facts, errors } = await tryBoth(breakage)
    expect(errors).toEqual([])
    expect(facts).toEqual([made.snapshots[1]!.facts, made.snapshots[1]!.facts])
  })

  test('a repository in the place of another', async () => {
    const [{ id }] = [other.snapshots[1]!]
    expect(() => readIndependently(at('other'), ['--identity', at('small.json')], id, at('replaced'))).toThrow('§9.1.2')
    expect(() => readIndependently(at('other'), ['--recovery-code-file', codeFile(made.owner.recoveryCode)], id, at('replaced'))).toThrow(
      '§9.1.2',
    )
    await expect(readByCairn(at('other'), made.owner, id, at('replaced'))).rejects.toMatchObject({ code: 'repository-replaced' })
  })
})
