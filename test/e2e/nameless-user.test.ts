// A user whom the machine does not know by name, as in `docker run --user 54321`, and a home that is not where one would look for it.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { actorOf } from '../../src/control/access/actor.ts'
import { homeDirectory, openHome } from '../../src/control/session/home.ts'
import { userName } from '../../src/runtime/user.ts'
import { CliPlace } from '../support/cli-process.ts'

const NAMELESS = 54_321

function unknown(): never {
  throw Object.assign(new Error('A system error occurred: uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' })
}

afterEach(() => vi.restoreAllMocks())

test('a user without a name acts by number', () => {
  vi.spyOn(os, 'userInfo').mockImplementation(unknown)
  expect(userName()).toBe(`uid:${process.geteuid!()}`)
  expect(actorOf({})).toBe(`person:uid:${process.geteuid!()}`)
})

test('without HOME and account only CAIRN_HOME can say where the home is', () => {
  vi.spyOn(os, 'homedir').mockImplementation(unknown)
  expect(() => homeDirectory({})).toThrow(expect.objectContaining({ name: 'UsageError', code: 'no-home' }))
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-home-'))
  try {
    expect(openHome({ CAIRN_HOME: directory })).toEqual({ directory, cacheDirectory: path.join(directory, 'cache') })
  } finally {
    fs.rmSync(directory, { recursive: true })
  }
})

test('a relative XDG directory is ignored, as its specification says', () => {
  expect(homeDirectory({ XDG_CONFIG_HOME: 'relative' })).toBe(path.join(os.homedir(), '.config/cairn'))
  expect(homeDirectory({ XDG_CONFIG_HOME: '/absolute' })).toBe('/absolute/cairn')
})

describe.runIf(process.geteuid!() === 0)('the program, run by a number', () => {
  test('makes a repository, commits files and streams, lists and restores', async () => {
    const place = new CliPlace(NAMELESS)
    try {
      await place.json(['init'])
      place.write('tree/f', 'content')
      for (const own of ['tree', 'tree/f']) fs.chownSync(place.at(own), NAMELESS, NAMELESS)
      await place.json(['commit', 'tree', '--name', 'tree'])
      await place.json(['commit', '--stdin', 'dump', '--name', 'dump'], { stdin: 'stream' })
      const { stdout } = await place.run(['show', 'tree'])
      expect(stdout).toContain(`uid:${NAMELESS}@${os.hostname()}`)
      expect(stdout).toContain(`person:uid:${NAMELESS}`)
      expect((await place.run(['ls', '-l', 'dump'])).stdout).toContain(String(NAMELESS))
      await place.json(['restore', 'tree', '--to', 'back'])
      expect(fs.readFileSync(place.at('back/f'), 'utf8')).toBe('content')
    } finally {
      place.remove()
    }
  }, 60_000)
})
