// A store that can be read and not written, as a disk that failed once, or a copy that stays a copy: what reads works, a commit says why
// it does not, and what was done is recorded when the store can be written again.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { ReadOnlyMount, whyNoReadOnlyMount } from '../support/read-only-mount.ts'
import { linesOnDisk } from '../support/tree.ts'

const whyNot = whyNoReadOnlyMount()
const SKIPPED = whyNot === undefined ? '' : ` (skipped: ${whyNot})`
/** Where the restore of these tests goes: it stands in the records. */
const TARGET = 'back-to-canary-7d1f'

describe.skipIf(whyNot !== undefined)(`a read-only store${SKIPPED}`, () => {
  let place: CliPlace
  let mounted: ReadOnlyMount | undefined

  beforeAll(async () => {
    place = new CliPlace()
    await place.json(['init'])
    place.write('tree/f', 'content')
    await place.json(['commit', 'tree', '--name', 's'])
    mounted = ReadOnlyMount.over(place.at('repository'))
  })
  afterAll(() => {
    mounted?.unmount()
    place.remove()
  })

  async function events(): Promise<string> {
    return (await place.run(['journal'])).stdout
  }

  test('gives back what it holds, and what was done waits', async () => {
    const { code, stderr } = await place.run(['restore', 's', '--to', TARGET])
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('waits on this machine') })
    expect(linesOnDisk(place.at(TARGET))).toEqual(linesOnDisk(place.at('tree')))
    expect((await place.json(['status'])).waitingEvents).toBe(2)
    for (const file of fs.readdirSync(place.at('home/spool'), { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(fs.readFileSync(`${file.parentPath}/${file.name}`, 'latin1')).not.toContain(TARGET)
    }
  })

  test('is verified', async () => {
    expect(await place.json(['verify', '--data'])).toMatchObject({ ok: true })
  })

  test('refuses a commit, and says what to do', async () => {
    const { error } = await place.json(['commit', 'tree', '--name', 's'], { code: 30 })
    expect(error).toMatchObject({ code: 'store-read-only', hint: expect.stringContaining('Mount it writable') })
    expect((await place.json(['log'])).snapshots).toHaveLength(1)
  })

  test('gets the records with the next commit, when it can be written again', async () => {
    expect(await events()).not.toContain('restore_completed')
    mounted!.unmount()
    mounted = undefined
    await place.json(['commit', 'tree', '--name', 's'])
    expect((await place.json(['status'])).waitingEvents).toBe(0)
    const told = await events()
    for (const event of ['restore_attempted', 'restore_completed', TARGET]) expect(told).toContain(event)
  })
})
