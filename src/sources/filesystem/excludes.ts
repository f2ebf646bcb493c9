// What is left out of a capture: gitignore patterns relative to the root, and the contents of tagged cache directories.

import fs from 'node:fs'
import { ENTRY_FILE } from '../../../format/tree.ts'
import { openAt } from '../../runtime/posix/at.ts'
import { statAt } from '../../runtime/posix/stat.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { entryTypeOf } from './entry.ts'
import { Gitignore } from './gitignore.ts'
import type { Selection } from './selection.ts'

const CACHE_TAG = 'CACHEDIR.TAG'
const CACHE_SIGNATURE = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55', 'latin1')

/** Says whether a path below the root is left out. Paths are latin1 text; patterns see them as UTF-8. */
export type IsExcluded = (path: string, isDirectory: boolean) => boolean

/**
 * A predicate over gitignore patterns; undefined when there are none, so that nothing is asked. What was named, and what leads there,
 * makes nothing below it excluded; of what leads there the predicate still says whether the patterns match it.
 */
export function excludesOf(patterns: readonly string[], selection: Selection): IsExcluded | undefined {
  if (patterns.length === 0) return undefined
  const rules = new Gitignore(patterns)
  const matched = new Set<string>()
  exempt(rules, selection, '', matched)
  return (path, isDirectory) => matched.has(path) || rules.matches(asText(path, isDirectory))
}

/** Adds a rule for each directory that was named or leads there, where the patterns match it: one of them matching is all that is undone. */
function exempt(rules: Gitignore, { below }: Selection, parent: string, matched: Set<string>): void {
  for (const [name, next] of below) {
    const path = `${parent}${name}`
    const text = asText(path, true)
    if (rules.matches(text)) {
      if (!next.isNamed) matched.add(path)
      rules.add(`!/${text.replace(/[\\*?[]/g, '\\$&')}`)
    }
    exempt(rules, next, `${path}/`, matched)
  }
}

function asText(path: string, isDirectory: boolean): string {
  return Buffer.from(path, 'latin1').toString('utf8') + (isDirectory ? '/' : '')
}

/** Whether an open directory holds a valid CACHEDIR.TAG (https://bford.info/cachedir/). What is no readable file is no tag. */
export function isTaggedCache(directoryFd: number, names: readonly string[]): boolean {
  if (!names.includes(CACHE_TAG)) return false
  try {
    return entryTypeOf(statAt(directoryFd, CACHE_TAG)) === ENTRY_FILE && hasSignature(directoryFd)
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    return false
  }
}

function hasSignature(directoryFd: number): boolean {
  const fd = openAt(directoryFd, CACHE_TAG, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    const head = Buffer.alloc(CACHE_SIGNATURE.length)
    return fs.readSync(fd, head, 0, head.length, 0) === head.length && head.equals(CACHE_SIGNATURE)
  } finally {
    fs.closeSync(fd)
  }
}

/** The only name of a tagged cache directory that is captured: the tag itself. */
export const TAGGED_CACHE_NAMES: readonly string[] = [CACHE_TAG]
