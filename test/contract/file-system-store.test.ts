import { execFileSync } from 'node:child_process'
import { chmod, link, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { constants as os, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { journalKey, packKey } from '../../format/store-key.ts'
import { storeError } from '../../src/repository/store/file-system-errors.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { openStore } from '../../src/repository/store/open-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'

const ANY = { maxBytes: 1 << 20 }
const PACK = packKey(1, Buffer.alloc(32, 0xab))

let base: string
let root: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'fs-store-'))
  root = join(base, 'store')
})
afterEach(() => rm(base, { recursive: true, force: true }))

describe('a file system store', () => {
  test('makes directories 0700 and files 0600, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      const store = await FileSystemStore.create(root)
      await store.put(PACK, Buffer.from('x'))
      for (const path of ['', 'tmp', 'packs', 'packs/data', 'packs/data/ab']) {
        expect((await lstat(join(root, path))).mode & 0o7777, path).toBe(0o700)
      }
      expect((await lstat(join(root, PACK))).mode & 0o7777).toBe(0o600)
      process.umask(0o777)
      await store.put(journalKey(0), Buffer.from('x'))
      expect((await lstat(join(root, journalKey(0)))).mode & 0o7777).toBe(0o600)
      expect((await lstat(join(root, 'journal'))).mode & 0o7777).toBe(0o700)
    } finally {
      process.umask(before)
    }
  })

  test('leaves nothing under tmp/ after a put that won, lost, or found its key', async () => {
    const store = await FileSystemStore.create(root)
    await Promise.all(Array.from({ length: 10 }, (_, i) => store.put(PACK, Buffer.from(`${i}`))))
    await store.put(PACK, Buffer.from('late'))
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  test('removes what a crash left under tmp/ after a day, and nothing else', async () => {
    const old = `put-${'0'.repeat(32)}`
    const young = `put-${'1'.repeat(32)}`
    const foreign = [`put-${'0'.repeat(32)}.keep`, `my-put-${'0'.repeat(32)}`, 'notes.txt']
    await FileSystemStore.create(root)
    await mkdir(join(root, 'tmp'))
    for (const name of [old, young, ...foreign]) {
      await writeFile(join(root, 'tmp', name), 'x')
    }
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
    for (const name of [old, ...foreign]) {
      await utimes(join(root, 'tmp', name), twoDaysAgo, twoDaysAgo)
    }
    await (await FileSystemStore.open(root)).put(PACK, Buffer.from('x'))
    expect((await readdir(join(root, 'tmp'))).sort()).toEqual([young, ...foreign].sort())
  })

  test('a symlink in the place of an object or directory leads nowhere', async () => {
    await writeFile(join(base, 'secret'), 'secret')
    await mkdir(join(base, 'elsewhere'))
    const store = await FileSystemStore.create(root)
    await store.put(journalKey(0), Buffer.from('x'))
    await symlink(join(base, 'secret'), join(root, journalKey(1)))
    const refused = { name: 'StoreError', code: 'store-not-a-file' }
    await expect(store.get(journalKey(1), ANY)).rejects.toMatchObject(refused)
    await expect(store.size(journalKey(1))).rejects.toMatchObject(refused)
    await expect(store.put(journalKey(1), Buffer.from('y'))).rejects.toMatchObject(refused)
    expect(await Array.fromAsync(store.list('journal/'))).toEqual([{ key: journalKey(0), bytes: 1 }])
    await symlink(join(base, 'elsewhere'), join(root, 'packs'))
    await expect(store.put(PACK, Buffer.from('y'))).rejects.toMatchObject(refused)
    expect(await readdir(join(base, 'elsewhere'))).toEqual([])
  })

  test('a FIFO, a directory or a file in the wrong place is an error, not an absence, and blocks nobody', async () => {
    const store = await FileSystemStore.create(root)
    await mkdir(join(root, 'journal'))
    execFileSync('mkfifo', [join(root, journalKey(0))])
    await mkdir(join(root, journalKey(1)))
    await writeFile(join(root, 'index'), 'no directory')
    const wrong = { name: 'StoreError', code: 'store-not-a-file' }
    await expect(store.get(journalKey(0), ANY)).rejects.toMatchObject(wrong)
    await expect(store.get(journalKey(1), ANY)).rejects.toMatchObject(wrong)
    await expect(store.get(`index/${'0'.repeat(64)}`, ANY)).rejects.toMatchObject(wrong)
    await expect(Array.fromAsync(store.list('index/'))).rejects.toMatchObject(wrong)
    expect(await Array.fromAsync(store.list('journal/'))).toEqual([])
  })

  test('files of other names are not listed', async () => {
    const store = await FileSystemStore.create(root)
    await store.put(PACK, Buffer.from('x'))
    await writeFile(join(root, 'packs/data/ab/notes.txt'), 'x')
    await mkdir(join(root, 'packs/data/AB'))
    await writeFile(join(root, 'packs/data/AB', 'ab'.repeat(32)), 'x')
    await writeFile(join(root, 'packs/data', 'ab'.repeat(32)), 'x')
    expect((await Array.fromAsync(store.list('packs/data/'))).map(({ key }) => key)).toEqual([PACK])
  })

  test('an unmounted store is an error, never an empty repository', async () => {
    const store = await FileSystemStore.create(root)
    await store.put(PACK, Buffer.from('x'))
    await rename(root, join(base, 'moved'))
    const gone = { name: 'StoreError', code: 'store-gone' }
    await expect(store.get(PACK, ANY)).rejects.toMatchObject(gone)
    await mkdir(root)
    await expect(store.get(PACK, ANY)).rejects.toMatchObject(gone)
    await expect(store.size(PACK)).rejects.toMatchObject(gone)
    await expect(store.put(PACK, Buffer.from('y'))).rejects.toMatchObject(gone)
    await expect(Array.fromAsync(store.list('packs/data/'))).rejects.toMatchObject(gone)
    await expect(
      store.remove(
        PACK,
        issuePermit('test', () => true),
      ),
    ).rejects.toMatchObject(gone)
    expect(await readdir(root)).toEqual([])
  })

  test('a directory that was tidied away meanwhile is made again', async () => {
    const store = await FileSystemStore.create(root)
    await store.put(journalKey(0), Buffer.from('x'))
    await store.remove(
      journalKey(0),
      issuePermit('test', () => true),
    )
    await rm(join(root, 'journal'), { recursive: true })
    expect(await store.put(journalKey(0), Buffer.from('y'))).toBe('created')
  })

  test('what was linked elsewhere is a regular file still', async () => {
    const store = await FileSystemStore.create(root)
    await store.put(PACK, Buffer.from('x'))
    await link(join(root, PACK), join(base, 'copy'))
    expect(await readFile(join(base, 'copy'), 'utf8')).toBe('x')
    expect(await store.get(PACK, ANY)).toEqual(Buffer.from('x'))
  })
})

describe('opening and creating', () => {
  test('create makes missing directories; a root that is a symlink is fine', async () => {
    await FileSystemStore.create(join(base, 'deep/er'))
    await symlink(join(base, 'deep/er'), root)
    const store = await FileSystemStore.open(root)
    expect(await store.put(journalKey(0), Buffer.from('x'))).toBe('created')
    expect(store.location).toBe(join(base, 'deep/er'))
  })

  test('create refuses a directory with foreign files', async () => {
    await mkdir(root)
    await writeFile(join(root, 'thesis.txt'), 'x')
    await expect(FileSystemStore.create(root)).rejects.toMatchObject({ name: 'UsageError', code: 'not-empty' })
    expect(await readdir(root)).toEqual(['thesis.txt'])
    await mkdir(join(root, 'journal'))
    await expect(FileSystemStore.create(root)).rejects.toMatchObject({ code: 'not-empty' })
  })

  test('create takes a repository, an interrupted start, and the root of a disk', async () => {
    await mkdir(join(root, 'lost+found'), { recursive: true })
    const store = await FileSystemStore.create(root)
    await store.put(`keys/${'0'.repeat(32)}`, Buffer.from('x'))
    await FileSystemStore.create(root)
    await store.put(journalKey(0), Buffer.from('x'))
    await writeFile(join(root, 'README'), 'ours')
    await FileSystemStore.create(root)
  })

  test('open wants a directory that is there', async () => {
    await expect(FileSystemStore.open(root)).rejects.toMatchObject({ name: 'NotFoundError', code: 'repository-not-found' })
    await writeFile(root, 'a file')
    const [noRepository, noDirectory] = [`${root} is a file, not a repository.`, `${root} is a file, not a directory.`]
    await expect(FileSystemStore.open(root)).rejects.toMatchObject({ code: 'repository-not-found', message: noRepository })
    await expect(FileSystemStore.create(root)).rejects.toMatchObject({ code: 'not-a-directory', message: noDirectory })
    await expect(FileSystemStore.open(join(root, 'x'))).rejects.toMatchObject({ message: `There is no directory ${join(root, 'x')}.` })
    await expect(FileSystemStore.create(join(root, 'x'))).rejects.toMatchObject({ name: 'UsageError', code: 'store-no-place' })
  })

  test('openStore takes a path and file://, and names what it does not take without repeating it', async () => {
    const made = await openStore(root, { create: true })
    expect((await openStore(pathToFileURL(root).href)).location).toBe(made.location)
    for (const url of ['s3://user:pass@host/bucket', 'https://user:pass@host/x', 'file://host/x', '']) {
      await expect(openStore(url)).rejects.toMatchObject({ name: 'UsageError', code: 'store-unsupported' })
      await expect(openStore(url)).rejects.not.toThrow(/pass/)
    }
  })
})

/** As Node throws it, which has no name for half of the system's errors. */
function nodeError(name: string): Error {
  const errno = -os.errno[name as keyof typeof os.errno]
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`${code}: ${getSystemErrorMessage(errno)}, write`), { errno, code, syscall: 'write' })
}

describe('errors of the file system', () => {
  test('Node has no name for some of them', () => {
    expect(nodeError('EDQUOT')).toMatchObject({ code: 'Unknown system error -122', errno: -122 })
  })

  test.each([
    ['ENOSPC', 'write', 'store-no-space'],
    ['EDQUOT', 'write', 'store-no-space'],
    ['EROFS', 'write', 'store-read-only'],
    ['EACCES', 'write', 'store-access'],
    ['EPERM', 'write', 'store-access'],
    ['EPERM', 'link', 'store-no-hard-links'],
    ['EXDEV', 'link', 'store-no-hard-links'],
    ['EIO', 'flush', 'store-io'],
    ['ESTALE', 'read', 'store-io'],
    ['EMFILE', 'open', 'store-too-many-files'],
    ['ELOOP', 'open', 'store-not-a-file'],
  ])('%s at %s is %s, with a hint', (errno, action, code) => {
    const error = storeError(nodeError(errno), action, '/somewhere')
    expect(error).toMatchObject({ name: 'StoreError', code, fields: { path: '/somewhere', errno } })
    expect(error).toHaveProperty('hint', expect.stringMatching(/./))
  })

  test('a directory that may not be read is an error, not an absence', () =>
    asOrdinaryUser([base], async () => {
      const store = await FileSystemStore.create(root)
      await store.put(journalKey(0), Buffer.from('x'))
      await chmod(join(root, 'journal'), 0)
      await expect(store.get(journalKey(0), ANY)).rejects.toMatchObject({ code: 'store-access' })
      await expect(Array.fromAsync(store.list('journal/'))).rejects.toMatchObject({ code: 'store-access' })
      await chmod(join(root, 'journal'), 0o700)
    }))
})
