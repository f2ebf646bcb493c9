import fs from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The version of this program, as its package says. */
export function toolVersion(): string {
  const file = findPackageJSON('.', import.meta.url)
  if (file === undefined) throw new Error('The package.json of this program is missing.')
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}
