import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { Staging } from '../../src/targets/staging.ts'
import { inspectTarget } from '../../src/targets/target-state.ts'

let base: string
let target: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-staging-'))
  target = join(base, 'target')
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

const ROOT = join(import.meta.dirname, '../..')

/** Runs a script in a process that is killed at its end, as by a loss of power of that process alone. */
function killedAfter(script: string): void {
  const imports = [
    `import { writeFileSync, mkdirSync, readdirSync, openSync } from 'node:fs'`,
    `import { join } from 'node:path'`,
    `import { Staging } from '${ROOT}/src/targets/staging.ts'`,
    `import { swapIntoPlace } from '${ROOT}/src/targets/swap.ts'`,
    `import { writeMarker, openMarker } from '${ROOT}/src/targets/staging-marker.ts'`,
    `import { issuePermit } from '${ROOT}/src/runtime/permit.ts'`,
    `import { renameExchange } from '${ROOT}/src/runtime/posix/rename.ts'`,
    `const base = '${base}', target = join(base, 'target')`,
    `const staging = Staging.create(target, { replace: true })`,
    `const home = join(base, staging.name)`,
    `writeFileSync(join(home, 'tree', 'new'), 'new')`,
    `const fd = openSync(home, 'r'), parent = openSync(base, 'r')`,
    `const announce = (twoRenames) => writeMarker(fd, { ...openMarker(fd).mark, state: 'swapping', oldName: 'target.cairn-old-x', twoRenames })`,
  ]
  const code = [...imports, script, `process.kill(process.pid, 'SIGKILL')`].join('\n')
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  expect([signal, stderr]).toEqual(['SIGKILL', ''])
}

function fullTarget(): void {
  mkdirSync(target)
  writeFileSync(join(target, 'old'), 'old')
}

/** The next restore into the same target; what it finds and leaves. */
function nextRestore(): string[] {
  Staging.create(target, { replace: true }).abort()
  return readdirSync(base).sort()
}

describe('a fresh target', () => {
  test('appears complete, and nothing is left beside it', () => {
    const staging = Staging.create(target)
    writeFileSync(join(base, staging.name, 'tree', 'file'), 'content')
    expect(statSync(join(base, staging.name)).mode & 0o7777).toBe(0o700)
    expect(staging.finish()).toEqual({ path: target })
    expect(readdirSync(base)).toEqual(['target'])
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('content')
  })
  test('an empty directory is taken over in one step', () => {
    mkdirSync(target)
    expect(inspectTarget(target)).toBe('empty')
    Staging.create(target).finish()
    expect(inspectTarget(target)).toBe('empty')
    expect(readdirSync(base)).toEqual(['target'])
  })
  test('two restores into one target exclude each other; into two they do not', () => {
    const first = Staging.create(target)
    expect(() => Staging.create(target)).toThrow(expect.objectContaining({ code: 'restore-in-progress' }))
    const other = Staging.create(join(base, 'other'))
    other.finish()
    first.finish()
    expect(readdirSync(base).sort()).toEqual(['other', 'target'])
  })
  test('no handles are left open', () => {
    const before = readdirSync('/proc/self/fd').length
    Staging.create(target).abort()
    Staging.create(target).finish()
    expect(() => Staging.create('/')).toThrow('mount point')
    writeFileSync(join(target, 'x'), '')
    expect(() => Staging.create(target)).toThrow('not empty')
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

describe('a process that is killed', () => {
  test('while it writes leaves a staging directory that the next restore removes', () => {
    fullTarget()
    killedAfter(`mkdirSync(join(home, 'tree', 'a', 'b'), { recursive: true })`)
    expect(readdirSync(base)).toHaveLength(2)
    expect(nextRestore()).toEqual(['target'])
    expect(readdirSync(target)).toEqual(['old'])
  })
  test('after it announced the exchange: nothing has changed', () => {
    fullTarget()
    killedAfter(`announce(false)`)
    expect(nextRestore()).toEqual(['target'])
    expect(readdirSync(target)).toEqual(['old'])
  })
  test('after the exchange: the new tree stands, and the old one gets its name instead of being removed', () => {
    fullTarget()
    killedAfter(`announce(false); renameExchange(fd, 'tree', parent, 'target')`)
    const names = nextRestore()
    expect(names).toHaveLength(2)
    expect(readdirSync(target)).toEqual(['new'])
    expect(readdirSync(join(base, names.find((name) => name !== 'target')!))).toEqual(['old'])
  })
  test('after the old tree got its name: only the staging directory goes', () => {
    fullTarget()
    killedAfter(`swapIntoPlace({ place: { path: target, name: 'target', parentFd: parent }, stagingFd: fd, treeFd: staging.treeFd,
      announce: () => announce(false) }, { permit: issuePermit('test', () => true) })`)
    expect(nextRestore()).toHaveLength(2)
    expect(readdirSync(target)).toEqual(['new'])
  })
  test('between two renames: the next restore completes them', () => {
    fullTarget()
    killedAfter(`const { renameSync } = await import('node:fs'); announce(true); renameSync(target, target + '.cairn-old-x')`)
    expect(existsSync(target)).toBe(false)
    expect(nextRestore()).toEqual(['target', 'target.cairn-old-x'])
    expect(readdirSync(target)).toEqual(['new'])
    expect(readdirSync(`${target}.cairn-old-x`)).toEqual(['old'])
  })
  test('before the first of two renames: nothing has changed', () => {
    fullTarget()
    killedAfter(`announce(true)`)
    expect(nextRestore()).toEqual(['target'])
    expect(readdirSync(target)).toEqual(['old'])
  })
  test('after both renames: only the staging directory goes', () => {
    fullTarget()
    killedAfter(
      `const { renameSync } = await import('node:fs'); announce(true); renameSync(target, target + '.cairn-old-x'); renameSync(join(home, 'tree'), target)`,
    )
    expect(nextRestore()).toEqual(['target', 'target.cairn-old-x'])
    expect(readdirSync(target)).toEqual(['new'])
  })
  test('while it removed its tree: the next restore goes on with it', () => {
    killedAfter(`mkdirSync(join(home, 'removing-0', 'deep'), { recursive: true })`)
    expect(nextRestore()).toEqual([])
  })
})

describe('a replaced target', () => {
  test('keeps its old tree under a name of its own, however long the name of the target is', () => {
    target = join(base, 'x'.repeat(250))
    fullTarget()
    const permit = issuePermit('test', (path) => path === target)
    const { oldPath } = Staging.create(target, { replace: true }).finish({ permit })
    expect(readdirSync(oldPath!)).toEqual(['old'])
    expect(readdirSync(target)).toEqual([])
  })
  test('twice within a second keeps both old trees', () => {
    fullTarget()
    const permit = issuePermit('test', () => true)
    for (let i = 0; i < 3; i++) {
      const staging = Staging.create(target, { replace: true })
      writeFileSync(join(base, staging.name, 'tree', `tree ${i}`), '')
      staging.finish({ permit })
    }
    expect(readdirSync(base)).toHaveLength(4)
    expect(readdirSync(target)).toEqual(['tree 2'])
  })
  test('a restored root keeps its mode', () => {
    const staging = Staging.create(target)
    chmodSync(join(base, staging.name, 'tree'), 0o2511)
    staging.finish()
    expect(statSync(target).mode & 0o7777).toBe(0o2511)
  })
})
