// How the catalog's file comes to be: whole, with nothing left beside it, also where the file system has no hard links.

import fs from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { Catalog } from '../../src/control/catalog/catalog.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
const REPOSITORY = Buffer.alloc(32, 1)
const PIN = { sequence: 7, hash: Buffer.alloc(32, 2) }

afterEach(() => {
  vi.restoreAllMocks()
})

function refused(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code })
  }
}

test.each(['EPERM', 'EOPNOTSUPP'])('a catalog is made where link(2) says %s', (code) => {
  const home = at(code)
  fs.mkdirSync(home)
  const link = vi.spyOn(fs, 'linkSync').mockImplementation(refused(code))
  const catalog = new Catalog(home)
  catalog.setPin(REPOSITORY, PIN, Buffer.from('state'))
  catalog.close()
  expect(link).toHaveBeenCalledOnce()
  const again = new Catalog(home)
  expect(again.pinOf(REPOSITORY)).toEqual({ pin: PIN, state: Buffer.from('state') })
  again.close()
  expect(fs.readdirSync(home)).toEqual(['catalog.db'])
  expect(fs.statSync(`${home}/catalog.db`).mode & 0o777).toBe(0o600)
})

test('one that another process made meanwhile is not replaced', () => {
  const home = at('other')
  fs.mkdirSync(home)
  const { linkSync } = fs
  vi.spyOn(fs, 'linkSync').mockImplementationOnce((from, to) => {
    const first = new Catalog(home)
    first.setPin(REPOSITORY, PIN, Buffer.from('state'))
    first.close()
    linkSync(from, to)
  })
  const second = new Catalog(home)
  expect(second.pinOf(REPOSITORY)?.pin).toEqual(PIN)
  second.close()
  expect(fs.readdirSync(home)).toEqual(['catalog.db'])
})

test('a disk that takes nothing more leaves no half of one', () => {
  const home = at('full')
  fs.mkdirSync(home)
  vi.spyOn(fs, 'linkSync').mockImplementation(refused('ENOSPC'))
  expect(() => new Catalog(home)).toThrow(
    expect.objectContaining({ code: 'home-no-space', hint: 'Free space there, then run the command again.' }),
  )
  expect(fs.readdirSync(home)).toEqual([])
})
