import { toHex } from '../../format/bytes.ts'
import { StopError, StoreError } from '../errors.ts'
import { isoTime, now } from '../runtime/clock.ts'
import { assertPermit, type Permit } from '../runtime/permit.ts'
import { UnsupportedError } from '../runtime/posix/posix-error.ts'
import { renameExchange, renameNoReplace } from '../runtime/posix/rename.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { randomBytes } from '../runtime/random.ts'
import { whileMovable, whileMovableAt } from './movable.ts'
import { entryFailure } from './problem.ts'
import { renameOver } from './rename-over.ts'
import { assertMovable, mountPoint, notEmpty, stateOf, statOrAbsent, type TargetPlace } from './target-state.ts'

/** Name of the new tree within its staging directory. */
export const TREE_NAME = 'tree'

const LONGEST_NAME_BYTES = 255

export interface SwapOptions {
  /** For a target that holds something: must cover its absolute path. */
  readonly permit?: Permit
  /** Where the file system cannot exchange two names, move the old one away first: for an instant the target is absent. */
  readonly allowTwoRenames?: boolean
}

export interface SwapResult {
  readonly path: string
  /** Where the tree lies that was there before. */
  readonly oldPath?: string
}

export interface Swap {
  readonly place: TargetPlace
  readonly stagingFd: number
  readonly treeFd: number
  /** Makes known what is about to happen, durably, so that a later run can bring a killed one to its end. */
  readonly announce: (oldName: string, twoRenames: boolean) => void
}

/**
 * Puts a complete, durable tree into the target's place.
 * @throws {StopError} `target-not-empty`, `target-not-a-directory`, `mount-point` or `no-atomic-swap`: nothing has changed
 * @throws {AccessError} `no-permit`: nothing has changed
 * @throws {StoreError} `target-access` when the system refuses it, `target-old-tree` when only the old tree could not be named
 */
export function swapIntoPlace(swap: Swap, options: SwapOptions): SwapResult {
  const { place } = swap
  return whileMovable(swap.treeFd, () => {
    const state = stateOf(place)
    if (state === 'full') return replace(swap, options)
    translated(place, () => (state === 'empty' ? moveIn(swap) : moveInIfAbsent(swap)))
    return { path: place.path }
  })
}

function replace(swap: Swap, options: SwapOptions): SwapResult {
  const { place } = swap
  if (options.permit === undefined) throw notEmpty(place)
  assertPermit(options.permit, place.path)
  assertMovable(place)
  const oldName = freeOldName(place)
  translated(place, () => whileMovableAt(place.parentFd, place.name, () => exchange(swap, oldName, options)))
  return { path: place.path, oldPath: siblingPath(place, oldName) }
}

function exchange(swap: Swap, oldName: string, options: SwapOptions): void {
  const { place } = swap
  swap.announce(oldName, false)
  try {
    renameExchange(swap.stagingFd, TREE_NAME, place.parentFd, place.name)
  } catch (error) {
    if (!isExchangeRefused(error)) throw error
    if (options.allowTwoRenames !== true) throw noAtomicSwap(place, error)
    renameTwice(swap, oldName)
    return
  }
  nameOldTree(swap, oldName)
}

function moveInIfAbsent(swap: Swap): void {
  try {
    renameNoReplace(swap.stagingFd, TREE_NAME, swap.place.parentFd, swap.place.name)
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    moveIn(swap)
  }
}

/** rename(2) puts a directory over an empty directory in one step, and over nothing else. */
function moveIn({ stagingFd, place }: Swap): void {
  renameOver(stagingFd, TREE_NAME, place.parentFd, place.name)
}

function renameTwice(swap: Swap, oldName: string): void {
  const { place } = swap
  swap.announce(oldName, true)
  renameOver(place.parentFd, place.name, place.parentFd, oldName)
  try {
    moveIn(swap)
  } catch (error) {
    renameOver(place.parentFd, oldName, place.parentFd, place.name)
    throw error
  }
}

function nameOldTree({ place, stagingFd }: Swap, oldName: string): void {
  try {
    renameNoReplace(stagingFd, TREE_NAME, place.parentFd, oldName)
  } catch (cause) {
    throw new StoreError(
      'target-old-tree',
      `${place.path} holds the restored tree, but the old one could not be moved out of the staging directory.`,
      {
        hint: 'It is safe there. The next restore into the same target moves it out, or do it by hand.',
        cause,
      },
    )
  }
}

/** A name beside the target that says what it is and when it was replaced. */
export function freeOldName(place: TargetPlace): string {
  return oldNameOf(place.name, (name) => statOrAbsent(place.parentFd, name) === undefined)
}

/** The name that something old gets: that of its target, if it fits, and when it was replaced. */
export function oldNameOf(target: string, isFree: (name: string) => boolean): string {
  const stamp = isoTime(now()).replace(/[-:]/g, '')
  const another = `${stamp}-${toHex(randomBytes(8))}`
  const names = [stamp, another].map((end) => `${target}.cairn-old-${end}`)
  return names.find((name) => Buffer.byteLength(name) <= LONGEST_NAME_BYTES && isFree(name)) ?? `.cairn-old-${another}`
}

function siblingPath(place: TargetPlace, name: string): string {
  return place.path.slice(0, place.path.length - place.name.length) + name
}

function translated(place: TargetPlace, action: () => void): void {
  try {
    action()
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ENOTDIR') throw notEmpty(place, error)
    if (code === 'EBUSY') throw mountPoint(place.path, error)
    const message = entryFailure(error)
    throw new StoreError('target-access', `The restored tree could not be put at ${place.path}: ${message}.`, {
      hint: 'Nothing has changed there. Restore to a place where this user may write; a directory that is to be replaced must be one, too.',
      cause: error,
    })
  }
}

/** An overlay says EXDEV for a directory of its lower layer, which it cannot move. */
function isExchangeRefused(error: unknown): boolean {
  return error instanceof UnsupportedError || systemCodeOf(error) === 'EXDEV'
}

function noAtomicSwap(place: TargetPlace, cause: unknown): StopError {
  return new StopError('no-atomic-swap', `The file system of ${place.path} cannot exchange two directories in one step.`, {
    hint: 'Restore to another place, or allow two renames, between which the target is absent for an instant.',
    cause,
  })
}
