// Run by a test in a mount namespace of its own, as `node overlay-commit.ts DIRECTORY one|two`: mounts an overlay of one file system or of
// two there, commits what is in it while a file of the layer below moves, and prints the problems as JSON. What is mounted goes with the
// namespace.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { MemoryRows } from './memory-rows.ts'
import { commitIn, initIn } from './repository.ts'

/** More than a tick of the clock that dates files. */
const TICK_MS = 30
/** More than the layer above has when it is mounted. */
const INODES_AHEAD = 100

const [place, fileSystems] = process.argv.slice(2) as [string, string]
const at = (...parts: string[]): string => path.join(place, ...parts)
execFileSync('mount', ['-t', 'tmpfs', 'cairn-test', place])
if (fileSystems === 'two') {
  fs.mkdirSync(at('lower'))
  execFileSync('mount', ['-t', 'tmpfs', 'cairn-test', at('lower')])
  for (let number = 0; number < INODES_AHEAD; number++) fs.rmSync(fs.mkdtempSync(at('lower/gone-')), { recursive: true })
}
for (const name of ['a', 'm', 'z']) fs.mkdirSync(at('lower', name), { recursive: true })
for (const name of ['upper', 'work', 'tree']) fs.mkdirSync(at(name))
for (const name of ['a/first', 'a/touched', 'm/middle', 'z/other', 'z/precious']) fs.writeFileSync(at('lower', name), name)
const options = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`
execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, at('tree')])
if (fileSystems === 'two') writeLikeInodes()
await wait(TICK_MS)

const rows = new MemoryRows()
const store = new MemoryStore()
const owner = await initIn(store)
shiftClock(60_000) // so that what is captured here need not be read again
await commitIn(store, owner, at('tree'), { openCache: () => rows })
shiftClock(0)
let isFirst = true
const { manifest } = await commitIn(store, owner, at('tree'), {
  openCache: () => rows,
  isExcluded: (name) => {
    if (name === 'm/middle' && isFirst) change()
    return false
  },
})
process.stdout.write(JSON.stringify(manifest.problems.map(({ path, kind }) => `${kind} ${Buffer.from(path).toString()}`)))

/** What is new, and what was captured under its old name, is no problem; what moves where it was listed is one. */
function change(): void {
  isFirst = false
  fs.renameSync(at('tree/z/precious'), at('tree/a/precious'))
  fs.renameSync(at('tree/a/first'), at('tree/a/last'))
  fs.chmodSync(at('tree/a/touched'), 0o600)
  fs.writeFileSync(at('tree/a/new'), 'new')
}

/** Files of the layer above, until one has the inode of the file that is to move: each file system counts its own. */
function writeLikeInodes(): void {
  const { ino, dev } = fs.statSync(at('tree/z/precious'))
  for (let number = 0; ; number++) {
    const file = at(`tree/m/above${number}`)
    fs.writeFileSync(file, 'above')
    const stat = fs.statSync(file)
    if (stat.dev === dev || stat.ino > ino) throw new Error(`no file above has inode ${ino} and another device than ${dev}`)
    if (stat.ino === ino) return
  }
}
