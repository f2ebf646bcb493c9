// A tree with one of each thing that a reader without privileges can restore, and large enough for lists, blocks and several chunks.

import fs from 'node:fs'
import path from 'node:path'
import { noise } from './sample-tree.ts'

const WIDE = 3000
/** Pieces between holes: so many, and so far apart, that the file is a large one (64 MiB) whose stream needs lists. SPEC §6.6, §8 */
const PIECES = { count: 1200, step: 60 << 10 }

/** Writes the tree into a new directory. */
export function makeMixedTree(root: string): void {
  const to = (...parts: string[]): string => path.join(root, ...parts)
  fs.mkdirSync(to('inner', 'deep'), { recursive: true })
  fs.mkdirSync(to('empty'))
  fs.mkdirSync(to('wide'))
  fs.writeFileSync(to('nothing'), '')
  fs.writeFileSync(to('several-chunks'), noise(1, 2_600_000))
  fs.copyFileSync(to('several-chunks'), to('inner', 'same-content'))
  makeHoles(to('holes'))
  makeManyHoles(to('many-holes'))
  fs.writeFileSync(to('private'), 'mode', { mode: 0o600 })
  fs.writeFileSync(to('program'), '#!/bin/sh\n')
  fs.chmodSync(to('program'), 0o4751)
  fs.linkSync(to('private'), to('inner', 'deep', 'linked'))
  fs.linkSync(to('private'), to('zz-linked'))
  fs.symlinkSync('../nowhere', to('inner', 'dangling'))
  fs.symlinkSync(Buffer.from([0x2e, 0x2f, 0xff, 0xc3]), to('inner', 'odd-target'))
  fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe, 0x41])]), 'a name that is not UTF-8')
  for (let i = 0; i < WIDE; i++) fs.writeFileSync(to('wide', `entry-${i}`), i % 3 === 0 ? `content ${i % 50}` : '')
  fs.chmodSync(to('inner', 'deep'), 0o1777)
}

function makeHoles(file: string): void {
  const fd = fs.openSync(file, 'w')
  fs.writeSync(fd, 'start')
  fs.writeSync(fd, noise(2, 10_000), 0, 10_000, 3 << 20)
  fs.ftruncateSync(fd, 9 << 20)
  fs.closeSync(fd)
}

function makeManyHoles(file: string): void {
  const fd = fs.openSync(file, 'w')
  for (let i = 0; i < PIECES.count; i++) fs.writeSync(fd, `piece ${i}`, i * PIECES.step)
  fs.ftruncateSync(fd, PIECES.count * PIECES.step)
  fs.closeSync(fd)
}

/** Gives every entry a time of its own, before and after 1970, that a double holds exactly: `fs.utimes` takes seconds as one. */
export function settleTimes(root: string): void {
  let count = 0
  const visit = (at: Buffer): void => {
    const stat = fs.lstatSync(at)
    if (stat.isDirectory())
      for (const name of fs.readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare)) visit(Buffer.concat([at, Buffer.from('/'), name]))
    const seconds = (count++ % 7 === 0 ? -1000 : 1_700_000_000) + count + 0.25
    fs.lutimesSync(at, seconds, seconds)
  }
  visit(Buffer.from(root))
}
