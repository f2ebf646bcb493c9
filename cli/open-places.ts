import { type Home, writableByOthers } from '../src/control/session/home.ts'
import type { Output } from './output/output.ts'
import { printableLine } from './output/path-text.ts'

/** Says which of the client's places others can write to. What others can only read is no matter: the files in it are closed. */
export function noteOpenPlaces(home: Home, output: Output): void {
  for (const place of writableByOthers(home))
    output.note(printableLine(`Others can write to ${place}, and so deceive Cairn. Close it: chmod 700 ${place}`))
}
