// Something mounted below a directory that is to be replaced: it would move into the old tree, and go when that is removed.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { Staging } from '../../src/targets/staging.ts'
import { CliPlace } from '../support/cli-process.ts'
import { codeOf } from './hostile-fixture.ts'

const whyNot = whyNoMount()
const permit = issuePermit('test', () => true)

let base: string
let target: string
let mounted: string[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-mounts-'))
  target = join(base, 'target')
  mounted = []
  for (const name of ['backing', 'target/data', 'target/data of\tme\\']) mkdirSync(join(base, name), { recursive: true })
  writeFileSync(join(base, 'backing/precious'), 'precious')
})
afterEach(() => {
  for (const where of mounted.toReversed()) execFileSync('umount', [where])
  rmSync(base, { recursive: true })
})

function bind(what: string, where: string): void {
  execFileSync('mount', ['--bind', what, where])
  execFileSync('mount', ['--make-private', where])
  mounted.push(where)
}

const replace = (at = target): Staging => Staging.create(at, { replace: true })

describe.skipIf(whyNot !== undefined)(`what is mounted below a target${whyNot === undefined ? '' : ` (${whyNot})`}`, () => {
  test.each(['target/data', 'target/data of\tme\\'])('at %j is a STOP that names it', (where) => {
    bind(join(base, 'backing'), join(base, where))
    expect(replace).toThrow(expect.objectContaining({ code: 'mount-point', message: expect.stringContaining(join(base, where)) }))
    expect(readdirSync(base).sort()).toEqual(['backing', 'target'])
  })
  test('in two places: the first is named, the other counted', () => {
    for (const where of ['target/data', 'target/data of\tme\\']) bind(join(base, 'backing'), join(base, where))
    expect(replace).toThrow(`${join(base, 'target/data')} (and 1 more) is mounted in it`)
  })
  test('on a file', () => {
    writeFileSync(join(target, 'file'), '')
    bind(join(base, 'backing/precious'), join(target, 'file'))
    expect(codeOf(replace)).toBe('mount-point')
  })
  test('is found by a way through a symlink, and by one through a bind mount', () => {
    bind(join(base, 'backing'), join(target, 'data'))
    symlinkSync(base, join(base, 'backing', 'way'))
    expect(codeOf(() => replace(join(base, 'backing/way/target')))).toBe('mount-point')
    mkdirSync(join(base, 'other'))
    bind(base, join(base, 'other'))
    expect(codeOf(() => replace(join(base, 'other/target')))).toBe('mount-point')
  })
  test('during the restore is found before the swap', () => {
    const staging = replace()
    bind(join(base, 'backing'), join(target, 'data'))
    expect(codeOf(() => staging.finish({ permit }))).toBe('mount-point')
    staging.abort()
    expect(readFileSync(join(target, 'data/precious'), 'utf8')).toBe('precious')
  })
  test('is no matter where only the name begins alike, or the mount lies around the target', () => {
    mkdirSync(join(base, 'target2/data'), { recursive: true })
    bind(join(base, 'backing'), join(base, 'target2/data'))
    mkdirSync(join(base, 'target2/data/inner/deep'), { recursive: true })
    for (const at of [target, join(base, 'target2/data/inner')]) {
      const { oldPath } = replace(at).finish({ permit })
      expect(existsSync(oldPath!)).toBe(true)
    }
  })
  test('is what a plan stops at, and one that was approved before', async () => {
    const place = new CliPlace()
    const data = place.at('live/data')
    const args = ['restore', 'tree', '--to', 'live', '--replace']
    try {
      await place.json(['init', '--recovery-code-file', 'code.txt'])
      for (const name of ['tree/a', 'live/a', 'live/data/b']) place.write(name, 'a')
      await place.json(['commit', 'tree', '--name', 'tree'])
      const { digest } = await place.json([...args, '--plan'])
      bind(join(base, 'backing'), data)
      for (const more of [['--plan'], ['--apply', String(digest)], ['--dry-run']]) {
        const { code, stderr } = await place.run([...args, ...more])
        expect([code, stderr]).toEqual([14, expect.stringContaining(`STOP mount-point: ${place.at('live')} cannot be replaced: ${data}`)])
      }
      expect(readdirSync(data)).toEqual(['precious'])
    } finally {
      for (const where of mounted.splice(0)) execFileSync('umount', [where])
      place.remove()
    }
  })
})

/** Why nothing can be mounted here; undefined when it can. */
function whyNoMount(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-mount-'))
  try {
    execFileSync('mount', ['--bind', directory, directory], { stdio: 'pipe' })
    execFileSync('umount', [directory])
    return undefined
  } catch (error) {
    return `nothing can be mounted here: ${(error as Error).message.trim()}`
  } finally {
    rmSync(directory, { recursive: true })
  }
}
