import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadOwnerNames, ownerNames } from '../../src/runtime/posix/owners.ts'
import { PosixError } from '../../src/runtime/posix/posix-error.ts'

const FOLDER = join(import.meta.dirname, '../../src/runtime/posix')
const MODULES = ['at', 'directory', 'lock', 'metadata', 'node-at', 'name', 'owners', 'rename', 'space', 'sparse', 'stat', 'sync', 'xattr']

describe('loading', () => {
  test('koffi is loaded by the first call, not by an import', () => {
    const script = `
      import { createRequire } from 'node:module'
      for (const name of ${JSON.stringify(MODULES)}) await import(${JSON.stringify(FOLDER)} + '/' + name + '.ts')
      const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('koffi'))
      const before = isLoaded()
      const { statPath } = await import(${JSON.stringify(join(FOLDER, 'stat.ts'))})
      statPath('/')
      console.log(JSON.stringify([before, isLoaded()]))`
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(JSON.parse(output)).toEqual([false, true])
  })

  test('a worker thread has its own door', async () => {
    const { statPath } = await import('../../src/runtime/posix/stat.ts')
    const script = `
      import { parentPort } from 'node:worker_threads'
      const { statPath } = await import(${JSON.stringify(pathToFileURL(join(FOLDER, 'stat.ts')).href)})
      parentPort.postMessage(statPath('/').ino)`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`))
    const ino = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    expect(ino).toBe(statPath('/').ino)
    await worker.terminate()
  })
})

describe('another platform', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor

  afterEach(() => {
    Object.defineProperty(process, 'platform', platform)
    vi.resetModules()
  })

  test('every module imports, and calls throw UnsupportedError', async () => {
    vi.resetModules()
    Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
    for (const name of MODULES) await import(join(FOLDER, `${name}.ts`))
    const { statPath } = await import('../../src/runtime/posix/stat.ts')
    const { readXattrsAt } = await import('../../src/runtime/posix/xattr.ts')
    const unsupported = expect.objectContaining({
      name: 'UnsupportedError',
      code: 'UNSUPPORTED',
      message: expect.stringContaining('darwin'),
    })
    expect(() => statPath('/')).toThrow(unsupported)
    expect(() => readXattrsAt(0, 'name')).toThrow(unsupported)
  })
})

test('an error number without a name is still an error', () => {
  expect(new PosixError(4000, 'openat', 'file')).toMatchObject({
    code: 'ERRNO4000',
    errno: -4000,
    message: "ERRNO4000: system error 4000, openat 'file'",
  })
})

describe('owner names', () => {
  test('both ways, the first line winning, junk left out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'posix-owners-'))
    writeFileSync(
      join(folder, 'passwd'),
      'root:x:0:0::/:/bin/sh\ntoor:x:0:0\n# a:x:1:1\n+nis:x:2:2\nbad:x:q:1\nshort\nbig:x:4294967294:1\nroot:x:9:9\n',
    )
    writeFileSync(join(folder, 'group'), 'wheel:x:0:root,toor\nstaff:x:50:\n')
    const names = loadOwnerNames(join(folder, 'passwd'), join(folder, 'group'))
    expect([0, 1, 2, 4294967294].map(names.userName)).toEqual(['root', undefined, undefined, 'big'])
    expect(['root', 'toor', 'big', 'bad', '__proto__'].map(names.userId)).toEqual([0, 0, 4294967294, undefined, undefined])
    expect([0, 50, 1].map(names.groupName)).toEqual(['wheel', 'staff', undefined])
    expect(names.groupId('staff')).toBe(50)
    rmSync(folder, { recursive: true })
  })

  test('absent files name nobody', () => {
    expect(loadOwnerNames('/no/such/passwd', '/no/such/group').userName(0)).toBeUndefined()
  })

  test('this machine knows root, and is asked once', () => {
    expect(ownerNames().userName(0)).toBe('root')
    expect(ownerNames()).toBe(ownerNames())
  })
})
