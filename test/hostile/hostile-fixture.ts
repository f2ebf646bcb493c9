// A target, and a canary outside it that no hostile tree or racing neighbour may touch.

import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { ENTRY_FILE, type Entry } from '../../format/tree.ts'
import { readXattrs } from '../../src/runtime/posix/xattr.ts'
import { type DirectoryTable, DirectoryTableBuilder } from '../../src/targets/directory-table.ts'
import { currentRestorer, type Restorer } from '../../src/targets/metadata.ts'
import type { RestoreProblem } from '../../src/targets/problem.ts'
import { Staging } from '../../src/targets/staging.ts'
import { TreeWriter } from '../../src/targets/tree-writer.ts'

export interface Hostile {
  readonly base: string
  /** Outside the target: compared before and after each case. */
  readonly canary: string
  /** Where the restore is to land; its parent is `base`. */
  readonly target: string
}

let current: Hostile
let before: string

/** The place of the running case. */
export function place(): Hostile {
  return current
}

/** Gives each case of a file its own place, and compares the canary after it. They are a section of bench/RELIABILITY.md. */
export function watchCanary(section: string): void {
  const cases = new CaseCounter()
  let pass: () => void
  afterAll(() => recordReliability(section, cases))
  beforeEach(({ task }) => {
    pass = cases.begin(task.suite?.name || task.name)
    const base = mkdtempSync(join(tmpdir(), 'cairn-hostile-'))
    chmodSync(base, 0o777)
    current = { base, canary: join(base, 'canary'), target: join(base, 'target') }
    mkdirSync(join(current.canary, 'inner'), { recursive: true })
    writeFileSync(join(current.canary, 'file'), 'do not touch me', { mode: 0o640 })
    writeFileSync(join(current.canary, 'inner', 'file'), 'me neither')
    linkSync(join(current.canary, 'file'), join(current.canary, 'linked'))
    symlinkSync('file', join(current.canary, 'symlink'))
    before = describeTree(current.canary)
  })
  afterEach(({ task }) => {
    const after = describeTree(current.canary)
    rmSync(current.base, { recursive: true, force: true })
    expect(after).toBe(before)
    if (task.result?.state !== 'fail') pass()
  })
}

/** Everything about a tree that a restore could change, times and link counts included. */
export function describeTree(path: string): string {
  const stat = lstatSync(path, { bigint: true })
  const facts = [path, stat.mode, stat.uid, stat.gid, stat.nlink, stat.ino, stat.mtimeNs, stat.size].join(' ')
  const xattrs = stat.isSymbolicLink() ? '' : readXattrs(path).map(({ name, value }) => `${name.toString()}=${value.toString('hex')}`)
  const content = stat.isFile() ? readFileSync(path).toString('hex') : stat.isSymbolicLink() ? readlinkSync(path) : ''
  const below = stat.isDirectory() ? readdirSync(path).map((name) => describeTree(join(path, name))) : []
  return [facts, xattrs, content, ...below].join('\n')
}

export interface Bench {
  readonly staging: Staging
  readonly table: DirectoryTable
  readonly writer: TreeWriter
  readonly problems: RestoreProblem[]
  /** Path of the tree that is being filled, for the attacker. */
  readonly tree: string
}

/** A staging directory and a writer into it; `directories` are [parent, name], numbered from 1. */
export function bench(
  directories: readonly (readonly [number, string | Uint8Array])[] = [],
  restorer: Restorer = currentRestorer(),
  handleCapacity = 64,
): Bench {
  const builder = new DirectoryTableBuilder()
  for (const [parent, name] of directories) builder.add(parent, Buffer.from(name))
  const table = builder.build()
  const staging = Staging.create(current.target)
  const problems: RestoreProblem[] = []
  const report = (problem: RestoreProblem): void => void problems.push(problem)
  const writer = new TreeWriter({ table, rootFd: staging.treeFd, device: staging.device, restorer, report, handleCapacity })
  for (let index = 1; index < table.count; index++) writer.makeDirectory(index)
  return { staging, table, writer, problems, tree: join(current.base, staging.name, 'tree') }
}

export function file(name: string | Uint8Array, changes: Partial<Entry> = {}): Entry {
  return {
    name: Buffer.from(name),
    type: ENTRY_FILE,
    mode: 0o644,
    uid: process.geteuid!(),
    gid: process.getegid!(),
    mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
    content: { size: 5, depth: 0, items: [] },
    ...changes,
  }
}

export function entry(name: string, type: Entry['type'], changes: Partial<Entry> = {}): Entry {
  const { content: _, ...rest } = file(name)
  return { ...rest, type, ...changes }
}

export const HELLO = [{ at: 0, bytes: Buffer.from('hello') }]

/** The code of what a call throws. */
export function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing thrown'
}
