// One round of a comparison: every operation by every tool in turn, so that what changes on the machine meanwhile falls on all alike.
// Each tool starts with an empty repository, home and cache.

import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Measurement } from './command.ts'
import type { Corpus } from './corpus.ts'
import { changeOnePercent } from './edits.ts'
import { measure, settleDisk } from './measure.ts'
import type { BackupTool, Site, ToolName } from './tools/tool.ts'
import { assertSameTree, emptyFiles, restoredRoot, treeBytes, warmPageCache } from './tree.ts'

export const OPERATIONS = ['first', 'unchanged', 'changed', 'log', 'restore', 'verify'] as const
export type Operation = (typeof OPERATIONS)[number]

export interface Sample extends Measurement {
  readonly tool: ToolName
  readonly operation: Operation
  /** Of the repository after a commit. */
  readonly sizeBytes?: number
}

/** A tool that did not finish an operation; it takes no further part in its round. */
export interface Failure {
  readonly tool: ToolName
  readonly operation: Operation | 'init'
  readonly reason: string
}

export interface RoundInput {
  readonly corpus: Corpus
  readonly tools: readonly BackupTool[]
  /** In their order in OPERATIONS, from the first commit on; all by default. */
  readonly operations?: readonly Operation[]
  readonly scratch: string
  /** Chooses the 1 % that changes: another one in each round. */
  readonly seed: number
  onSample(sample: Sample): void
  onFailure(failure: Failure): void
}

/** Runs the round and removes what it made, save the edits of the corpus and the emptied files of what was restored. */
export async function runRound(input: RoundInput): Promise<void> {
  const standing = new Set(input.tools)
  for (const operation of ['init', ...(input.operations ?? OPERATIONS)] as const) {
    if (operation === 'changed') changeOnePercent(input.corpus, input.seed)
    for (const tool of standing) {
      try {
        await runOperation(input, tool, operation)
      } catch (error) {
        standing.delete(tool)
        input.onFailure({ tool: tool.name, operation, reason: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  rmSync(sites(input.scratch), { recursive: true, force: true })
}

async function runOperation(input: RoundInput, tool: BackupTool, operation: Operation | 'init'): Promise<void> {
  const site = siteOf(input.scratch, tool)
  if (operation === 'init') {
    await makeSite(site, tool)
    return
  }
  if (!usesOwnCache(operation)) forgetCaches(site)
  // What a tool, or the one before it, left in the page cache must not decide: cairn gives back the pages of the packs that it wrote.
  warmPageCache(isCommit(operation) ? input.corpus.path : site.repository)
  settleDisk()
  const measurement = await runMeasured(input, tool, site, operation)
  const sizeBytes = isCommit(operation) ? { sizeBytes: treeBytes(site.repository) } : {}
  input.onSample({ tool: tool.name, operation, ...measurement, ...sizeBytes })
}

function runMeasured(input: RoundInput, tool: BackupTool, site: Site, operation: Operation): Promise<Measurement> {
  switch (operation) {
    case 'first':
    case 'unchanged':
    case 'changed':
      return measure(tool.commit(site, input.corpus.path, operation))
    case 'log':
      return measure(tool.log(site))
    case 'restore':
      return measureRestore(input, tool, site)
    case 'verify':
      return measure(tool.verify(site))
  }
}

/**
 * A restore counts only when its tree is the one that was committed. Its inodes stay until the whole run ends, empty: ext4 passes over
 * those that were deleted some minutes ago, one by one for each new file, so that the next tool would pay for the removal of this tree.
 */
async function measureRestore(input: RoundInput, tool: BackupTool, site: Site): Promise<Measurement> {
  const target = join(input.scratch, 'restored', `${input.corpus.name}-${input.seed}-${tool.name}`)
  emptyDirectory(target)
  const measurement = await measure(tool.restore(site, 'changed', target))
  assertSameTree(input.corpus.path, restoredRoot(target, input.corpus.path))
  emptyFiles(target)
  return measurement
}

async function makeSite(site: Site, tool: BackupTool): Promise<void> {
  rmSync(site.repository, { recursive: true, force: true })
  emptyDirectory(site.home)
  emptyDirectory(site.cache)
  await measure(tool.init(site))
  rmSync(initialHome(site), { recursive: true, force: true })
  cpSync(site.home, initialHome(site), { recursive: true })
}

function siteOf(scratch: string, tool: BackupTool): Site {
  const directory = join(sites(scratch), tool.name)
  return { repository: join(directory, 'repository'), home: join(directory, 'home'), cache: join(directory, 'cache') }
}

function sites(scratch: string): string {
  return join(scratch, 'sites')
}

/** A later commit follows an earlier one on the same machine and may use what that left; everything else starts without. */
function usesOwnCache(operation: Operation): boolean {
  return operation === 'unchanged' || operation === 'changed'
}

function isCommit(operation: Operation): boolean {
  return operation === 'first' || operation === 'unchanged' || operation === 'changed'
}

/** Also what a tool keeps beside its keys: the home is set back to what `init` left in it. */
function forgetCaches(site: Site): void {
  emptyDirectory(site.cache)
  rmSync(site.home, { recursive: true, force: true })
  cpSync(initialHome(site), site.home, { recursive: true })
}

function initialHome(site: Site): string {
  return `${site.home}-initial`
}

function emptyDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
}
