// A file system that keeps whole seconds, and a program that writes a file anew, in place, several times in each: no commit may take a
// mixture for a file.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { Ext4Disk, whyNoExt4 } from '../support/ext4-disk.ts'
import { commitIn, initIn, openAs } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

const whyNot = whyNoExt4()
const RUN_MS = 10_000
/** Bursts of generations, and rests in which the file can be had whole. */
const WRITER = `
  const fs = require('node:fs')
  const fd = fs.openSync(process.argv[1], 'r+')
  const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  for (let generation = 1; ; generation++) {
    const piece = Buffer.alloc(65536, 97 + (generation % 26))
    for (let at = 0; at < 4 << 20; at += piece.length) {
      fs.writeSync(fd, piece, 0, piece.length, at)
      if (at % (1 << 19) === 0) sleep(5)
    }
    if (generation % 20 === 0) sleep(3500)
  }`

describe.skipIf(whyNot !== undefined)(`on ext4 with inodes of 128 bytes${whyNot === undefined ? '' : ` (${whyNot})`}`, () => {
  const { at } = scratch()
  let disk: Ext4Disk
  beforeEach(() => {
    disk = Ext4Disk.mount(at('disk'), 128)
  })
  afterEach(() => disk.unmount())

  test('every version of a file is of one letter, or said to have changed', async () => {
    const file = at('disk', 'tree', 'file')
    fs.mkdirSync(at('disk', 'tree'))
    fs.writeFileSync(file, Buffer.alloc(4 << 20, 'a'))
    const store = new MemoryStore()
    const owner = await initIn(store)
    const writer = spawn(process.execPath, ['-e', WRITER, file])
    try {
      for (const end = Date.now() + RUN_MS; Date.now() < end; ) await commitIn(store, owner, at('disk', 'tree'))
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'close')
    }

    const repository = await openAs(store, owner)
    const versions: string[] = []
    for (const snapshot of repository.journal.state.snapshots) {
      const { root, complete } = await repository.readManifest(snapshot)
      if (!complete) continue
      const [entry] = await Array.fromAsync(repository.readTree(root.content!))
      const content = Buffer.concat(await Array.fromAsync(repository.readFile(entry!.content!)))
      const isWhole = content.equals(Buffer.alloc(content.length, content[0]))
      versions.push(isWhole ? 'whole' : [...new Set(content.toString('latin1'))].join(''))
    }
    expect(versions.filter((letters) => letters !== 'whole')).toEqual([])
    expect(versions.length).toBeGreaterThan(0)
  }, 60_000)
})
