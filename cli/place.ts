import fs from 'node:fs'

/** What stands at a path; undefined when that is nothing, or nothing that can be looked at. */
export function placeAt(named: string): fs.Stats | undefined {
  try {
    return fs.statSync(named)
  } catch {
    return undefined
  }
}
