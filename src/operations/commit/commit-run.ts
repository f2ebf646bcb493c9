// One capture with all that it needs: worker threads, claims, uploads, tree packs; and their orderly end, also when it is cancelled,
// so that what was stored is announced and the next commit finds it.

import { type ManifestProblem } from '../../../format/manifest.ts'
import type { Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import { writeSegment } from '../../repository/objects/segments.ts'
import { type ClaimMemory, ClaimSet, claimMemory } from '../../repository/pack/claims.ts'
import type { Repository } from '../../repository/repository.ts'
import type { JobPool } from '../../runtime/job-pool.ts'
import { DirectoryHandles } from '../../sources/filesystem/directory-handle.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { capture } from './capture.ts'
import type { CommitOptions } from './commit-options.ts'
import { commitPool } from './commit-pool.ts'
import { FileQueue } from './file-queue.ts'
import { type HeldObjects, heldNames, heldObjects } from './held-objects.ts'
import type { CommitJob, CommitResult, FinishResult } from './messages.ts'
import { PackUploads } from './pack-uploads.ts'
import { Problems } from './problems.ts'
import { CommitCounts } from './statistics.ts'
import { captureStdin } from './stdin.ts'
import { TreePacks } from './tree-packs.ts'
import { trustedShortIds } from './trusted-chunks.ts'

/** zstd's level; docs/decisions/0002 has the sweep. */
export const DEFAULT_LEVEL = 1

export interface Captured {
  readonly root: Entry
  readonly counts: CommitCounts
  readonly problems: readonly ManifestProblem[]
  readonly newBytes: number
  readonly storedBytes: number
  /** The objects in the store that the capture relies on, as `heldNames` tells them. */
  readonly reliesOn: readonly string[]
}

const PROGRESS_MS = 200

export class CommitRun {
  readonly #repository: Repository
  readonly #options: CommitOptions
  readonly #own: OwnDirectory
  readonly #startedAt: number
  readonly #counts = new CommitCounts()
  readonly #problems: Problems
  readonly #memory: ClaimMemory = claimMemory()
  readonly #claims = new ClaimSet(this.#memory)
  readonly #uploads: PackUploads
  readonly #pool: JobPool<CommitJob, CommitResult>
  readonly #handles = new DirectoryHandles()
  readonly #queue: FileQueue
  readonly #trees: TreePacks
  readonly #segments: string[] = []
  #held: HeldObjects = { segments: [], packs: new Map() }
  #prepared: Promise<void> | undefined

  constructor(repository: Repository, options: CommitOptions, own: OwnDirectory, startedAt: number) {
    this.#repository = repository
    this.#options = options
    this.#own = own
    this.#startedAt = startedAt
    this.#problems = new Problems((problem) => options.onProblem?.(problem))
    this.#uploads = new PackUploads(repository.store, (packs) => this.#writeSegment(packs))
    const { level = DEFAULT_LEVEL, threads } = options
    this.#pool = commitPool(repository, { claims: this.#memory, level, threads, uploads: this.#uploads })
    this.#trees = new TreePacks(repository, this.#claims, this.#uploads, level)
    this.#queue = new FileQueue(this.#pool, this.#trees.put, () => this.#prepare())
  }

  /** Captures the root; everything that it needs is durable on return. */
  async capture(): Promise<Captured> {
    const progress = setInterval(() => this.#report(), PROGRESS_MS)
    try {
      const root = await this.#captureRoot()
      const newBytes = await this.#finish()
      this.#report()
      const { kept } = this.#problems
      this.#counts.problemCount = this.#problems.count
      return { root, counts: this.#counts, problems: kept, newBytes, storedBytes: this.#uploads.storedBytes, reliesOn: this.#reliesOn() }
    } catch (error) {
      this.#queue.drop()
      await this.#salvage()
      throw this.#options.signal?.aborted === true ? cancelled(error) : error
    } finally {
      clearInterval(progress)
      await this.#pool.close()
      this.#handles.close() // not before: threads read through them
    }
  }

  async #captureRoot(): Promise<Entry> {
    const { root, stdin, openCache, rereads, signal } = this.#options
    this.#held = await heldObjects(this.#repository.store)
    const putTree = this.#trees.put
    if (stdin !== undefined) {
      await this.#prepare()
      const check = (): void => this.#uploads.throwIfFailed()
      return captureStdin(stdin, { pool: this.#pool, putTree, counts: this.#counts, startedAt: this.#startedAt, signal, check })
    }
    const held = heldNames(this.#held)
    return capture({
      root,
      handles: this.#handles,
      rules: this.#options,
      own: this.#own,
      startedAt: this.#startedAt,
      cache: openCache?.(held),
      rereads: rereads?.(held) === true,
      readsNothing: false,
      queue: this.#queue,
      putTree,
      putData: this.#trees.putData,
      counts: this.#counts,
      problems: this.#problems,
      signal,
      check: () => this.#uploads.throwIfFailed(),
    })
  }

  /** Claims what is stored already, once, before the first file is read: a commit in which nothing changed never gets here. */
  #prepare(): Promise<void> {
    return (this.#prepared ??= this.#claimKnown())
  }

  /** A thread does it: there may be millions of chunks, and the walk goes on meanwhile. */
  async #claimKnown(): Promise<void> {
    const shortIds = await trustedShortIds(this.#repository, this.#held.packs, this.#options.damagedPacks ?? new Set())
    await this.#pool.run(
      { kind: 'known', shortIds },
      shortIds.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  async #finish(): Promise<number> {
    const results = (await this.#pool.runOnAll({ kind: 'finish' })) as FinishResult[]
    this.#trees.finish() // behind the data that they name
    await this.#uploads.finish()
    return results.reduce((sum, { newBytes }) => sum + newBytes, this.#trees.newBytes)
  }

  /** After a failure: announces what is stored, as far as that still works. The failure that came first is what is thrown. */
  async #salvage(): Promise<void> {
    try {
      await this.#finish()
    } catch {
      // the store or a thread has failed before, and that error is on its way to the caller
    }
  }

  async #writeSegment(packs: Parameters<typeof writeSegment>[1]): Promise<number> {
    const { store, id, writeKeys, signing } = this.#repository
    const segment = await writeSegment(store, packs, { repository: id, indexKey: writeKeys.index, signing })
    this.#segments.push(segment.key)
    return segment.storedBytes
  }

  #reliesOn(): string[] {
    return [...heldNames(this.#held), ...this.#segments, ...this.#uploads.names]
  }

  #report(): void {
    const { files, bytes, readBytes } = this.#counts
    this.#options.onProgress?.({ files, bytes, readBytes, storedBytes: this.#uploads.storedBytes, problems: this.#problems.count })
  }
}

function cancelled(cause: unknown): CancelledError {
  return new CancelledError('cancelled', 'The commit was cancelled. No snapshot was made.', {
    hint: 'What was stored so far is kept: the next commit goes on from there.',
    cause,
  })
}
