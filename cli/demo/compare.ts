// Compares two directories by node:fs alone, so that the demo does not take Cairn's word for what Cairn restored.

import fs from 'node:fs'
import path from 'node:path'

export interface Comparison {
  readonly entries: number
  /** What differs, in words. */
  readonly differences: readonly string[]
}

/** Names, types, modes, owners, modification times to the nanosecond, targets, hard links, and every byte. */
export function compareTrees(left: string, right: string): Comparison {
  const names = new Set([...fs.readdirSync(left, { recursive: true }), ...fs.readdirSync(right, { recursive: true })].map(String))
  const differences = [...names].sort().flatMap((name) => differencesOf(name, path.join(left, name), path.join(right, name)))
  return { entries: names.size, differences }
}

function differencesOf(name: string, left: string, right: string): string[] {
  const a = fs.lstatSync(left, { bigint: true, throwIfNoEntry: false })
  const b = fs.lstatSync(right, { bigint: true, throwIfNoEntry: false })
  if (a === undefined || b === undefined) return [`${name} is ${a === undefined ? 'too much' : 'missing'}`]
  const fields = (['mode', 'uid', 'gid', 'mtimeNs', 'nlink'] as const).filter((field) => a[field] !== b[field])
  const differences = fields.map((field) => `${name} has another ${field}: ${a[field]} and ${b[field]}`)
  if (a.isSymbolicLink() && fs.readlinkSync(left) !== fs.readlinkSync(right)) differences.push(`${name} points elsewhere`)
  if (a.isFile() && b.isFile() && !fs.readFileSync(left).equals(fs.readFileSync(right))) differences.push(`${name} has other content`)
  return differences
}
