// What of a live directory belongs to a comparison with a snapshot: what a commit of the same paths with the same options would take.

import type { Manifest } from '../../../format/manifest.ts'
import { excludesOf } from '../../sources/filesystem/excludes.ts'
import { Scope } from '../../sources/filesystem/scope.ts'
import { selectionOf } from '../../sources/filesystem/selection.ts'

/** The scope of the directory at a place in the snapshot, as latin1 text. */
export function scopeOf({ roots, excludes, extensions = {} }: Manifest, place: string): Scope {
  const selection = selectionOf(roots)
  const rules = {
    isExcluded: excludesOf(excludes, selection),
    excludeCaches: extensions['excludeCaches'] === true,
    oneFileSystem: extensions['oneFileSystem'] === true,
  }
  return Scope.at(rules, selection, place)
}
