// A directory of which the contents are exchanged: what it holds before and after, and where.

import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const KEPT = /^\.cairn-old-/
const STAGING = /^\.cairn-restore-[0-9a-f]{32}$/

/** Some entries, of which each set has one named `both`. */
export function fill(directory: string, content: string): void {
  for (const name of [`${content}-directory`, 'both']) mkdirSync(join(directory, name), { recursive: true })
  for (const name of [`${content}-directory/inner`, `both/${content}`, `${content}-file`]) writeFileSync(join(directory, name), content)
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/${content}`), Buffer.of(0xff, 0x0a)]), content)
  symlinkSync('nowhere', join(directory, `${content}-link`))
}

/** Lines of what is in a directory, save for what restores keep and make there. */
export function entriesOf(directory: string): string[] {
  const names = readdirSync(directory, 'latin1').sort()
  return names.filter((name) => !KEPT.test(name) && !STAGING.test(name)).flatMap((name) => linesOf(directory, name))
}

/** What `fill` makes, as `entriesOf` tells it. */
export function linesOfFill(content: string): string[] {
  const lines = ['both/', `both/${content} ${content}`, `${content}-directory/`, `${content}-directory/inner ${content}`]
  return [...lines, `${content}-file ${content}`, `${content}-link@`, `${content}\xff\n ${content}`].sort()
}

function linesOf(directory: string, name: string, path = name): string[] {
  const at = Buffer.from(`${directory}/${name}`, 'latin1')
  const stat = lstatSync(at)
  if (stat.isSymbolicLink()) return [`${path}@`]
  if (!stat.isDirectory()) return [`${path} ${readFileSync(at, 'utf8')}`]
  const inner = at.toString('latin1')
  return [`${path}/`, ...readdirSync(at, 'latin1').flatMap((each) => linesOf(inner, each, `${path}/${each}`))].sort()
}

/** Paths of the directories in it that keep old entries. */
export function keptIn(directory: string): string[] {
  return namesOf(directory, KEPT)
}

/** Paths of the staging directories in it. */
export function stagingsIn(directory: string): string[] {
  return namesOf(directory, STAGING)
}

function namesOf(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name))
}
