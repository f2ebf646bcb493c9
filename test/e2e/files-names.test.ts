// Names, links and special files: all that a directory can hold comes back as it was. SPEC §9.2

import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mknodAt, type SpecialNode } from '../../src/runtime/posix/node-at.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { capture, filesFixture, inSource, isRoot, newestLines, restore, roundTrip } from './files-fixture.ts'

const fixture = filesFixture()

function node(name: string, kind: SpecialNode, mode = 0o644): void {
  const fd = fs.openSync(fixture.source, 'r')
  try {
    mknodAt(fd, Buffer.from(name, 'latin1'), kind, mode)
  } finally {
    fs.closeSync(fd)
  }
}

describe('names are bytes', () => {
  test('every byte but NUL and slash, alone and at both ends of a name', async () => {
    for (let byte = 1; byte < 256; byte++) {
      const letter = String.fromCharCode(byte)
      if (letter === '/') continue
      if (letter !== '.') fs.writeFileSync(inSource(fixture, letter), letter)
      fs.writeFileSync(inSource(fixture, `${letter}x${letter}`), letter)
    }
    const { manifest } = await roundTrip(fixture)
    expect(manifest.statistics.files).toBe(254 + 253)
  })

  test('invalid UTF-8: overlong, lone surrogate, cut short, beyond Unicode', async () => {
    for (const name of ['\xc0\xaf', '\xed\xa0\x80', '\xe2\x82', '\xf5\x80\x80\x80', '\xff\xfe', 'a\x80b']) {
      fs.mkdirSync(inSource(fixture, name))
      fs.writeFileSync(inSource(fixture, name, name), name)
    }
    await roundTrip(fixture)
  })

  test('two spellings of one letter, and two cases, are different files', async () => {
    for (const name of ['\xc3\xa9', 'e\xcc\x81', 'README', 'readme', 'Readme']) fs.writeFileSync(inSource(fixture, name), name)
    const { manifest } = await roundTrip(fixture)
    expect(manifest.statistics.files).toBe(5)
  })

  test('names of 255 bytes, of files and directories, ten levels deep', async () => {
    const parts: string[] = []
    for (let level = 0; level < 10; level++) {
      parts.push(String.fromCharCode(0xf0 + level).repeat(255))
      fs.mkdirSync(inSource(fixture, ...parts))
      fs.writeFileSync(inSource(fixture, ...parts, 'y'.repeat(255)), String(level))
    }
    await roundTrip(fixture)
  })

  test('names that mean something to a shell, a terminal or a pattern', async () => {
    for (const name of ['-rf', '*', '$(x)', 'a\nb', '\x1b[31m', '#', '!x', '~', ' ', 'a\\b', '...', 'CON', 'x:y', '[a]']) {
      fs.writeFileSync(inSource(fixture, name), name)
    }
    await roundTrip(fixture)
  })
})

describe('symlinks', () => {
  test('dangling, circular, absolute, to bytes, as long as they can be', async () => {
    const targets = ['nowhere', '.', '..', '/', 'self', '/etc/../nowhere', '\xff\xfe\x80', 'x/'.repeat(2047).slice(0, 4095)]
    for (const [index, target] of targets.entries()) fs.symlinkSync(Buffer.from(target, 'latin1'), inSource(fixture, `link${index}`))
    fs.symlinkSync('self', inSource(fixture, 'self'))
    const { manifest } = await roundTrip(fixture)
    expect(manifest.statistics.symlinks).toBe(targets.length + 1)
  })

  test('a symlink to a directory is not walked', async () => {
    fs.mkdirSync(inSource(fixture, 'real'))
    fs.writeFileSync(inSource(fixture, 'real', 'file'), 'content')
    fs.symlinkSync('real', inSource(fixture, 'link'))
    const { manifest } = await roundTrip(fixture)
    expect(manifest.statistics).toMatchObject({ files: 1, directories: 2, symlinks: 1 })
  })
})

describe('hard links', () => {
  test('of a file across directories, and in one', async () => {
    for (const name of ['a', 'b', 'b/c']) fs.mkdirSync(inSource(fixture, ...name.split('/')))
    fs.writeFileSync(inSource(fixture, 'b', 'c', 'first'), 'content')
    fs.linkSync(inSource(fixture, 'b', 'c', 'first'), inSource(fixture, 'a', 'second'))
    fs.linkSync(inSource(fixture, 'b', 'c', 'first'), inSource(fixture, 'b', 'c', 'third'))
    fs.writeFileSync(inSource(fixture, 'alone'), 'content')
    await roundTrip(fixture)
    expect(fs.statSync(`${fixture.target}/a/second`).ino).toBe(fs.statSync(`${fixture.target}/b/c/first`).ino)
  })

  test('of a file whose names tell of different classes', async () => {
    fs.writeFileSync(inSource(fixture, 'shop.db'), 'content')
    for (const name of ['shop.db.bak', 'shop.log', 'shop.conf', 'shop']) fs.linkSync(inSource(fixture, 'shop.db'), inSource(fixture, name))
    await roundTrip(fixture)
    expect(fs.statSync(`${fixture.target}/shop`).nlink).toBe(5)
  })

  test('of a symlink, a FIFO, a socket and an empty file', async () => {
    fs.symlinkSync('nowhere', inSource(fixture, 'symlink'))
    node('fifo', { kind: 'fifo' })
    node('socket', { kind: 'socket' })
    fs.writeFileSync(inSource(fixture, 'empty'), '')
    for (const name of ['symlink', 'fifo', 'socket', 'empty']) fs.linkSync(inSource(fixture, name), inSource(fixture, `z-${name}`))
    await roundTrip(fixture)
    for (const name of ['symlink', 'fifo', 'socket', 'empty']) {
      expect(fs.lstatSync(`${fixture.target}/z-${name}`).ino).toBe(fs.lstatSync(`${fixture.target}/${name}`).ino)
    }
  })

  test('two thousand names of one file are one chunk and one file again', async () => {
    fs.writeFileSync(inSource(fixture, 'name0'), 'content')
    for (let i = 1; i < 2000; i++) fs.linkSync(inSource(fixture, 'name0'), inSource(fixture, `name${i}`))
    await roundTrip(fixture, { threads: 2 })
    expect(fs.statSync(`${fixture.target}/name1999`).nlink).toBe(2000)
  })

  test('a file whose other name lies outside comes back as a file', async () => {
    fs.writeFileSync(`${fixture.source}.outside`, 'content')
    fs.linkSync(`${fixture.source}.outside`, inSource(fixture, 'inside'))
    await capture(fixture)
    expect((await restore(fixture)).problems).toEqual([])
    expect(fs.readFileSync(`${fixture.target}/inside`, 'utf8')).toBe('content')
    expect(fs.statSync(`${fixture.target}/inside`).nlink).toBe(1)
  })
})

describe('special files', () => {
  test('FIFOs and sockets are kept, and never opened', async () => {
    node('fifo', { kind: 'fifo' }, 0o620)
    node('socket', { kind: 'socket' }, 0o600)
    const { manifest } = await roundTrip(fixture, { threads: 2 })
    expect(manifest.statistics.others).toBe(2)
  })

  test.runIf(isRoot)('devices with large numbers', async () => {
    node('null', { kind: 'character-device', major: 1, minor: 3 })
    node('large', { kind: 'character-device', major: 4095, minor: 1_048_575 })
    node('disk', { kind: 'block-device', major: 259, minor: 300 })
    await roundTrip(fixture)
  })
})

test('a single file, named through a symlink, is captured alone in its directory', async () => {
  fs.writeFileSync(inSource(fixture, 'wanted'), 'content')
  fs.writeFileSync(inSource(fixture, 'beside'), 'not this one')
  fs.symlinkSync('wanted', inSource(fixture, 'link'))
  const root = captureRoot([`${fixture.source}/link`])
  expect(root.roots[0]!.at.toString()).toBe('wanted')
  fixture.source = `${fixture.source}/link`
  await capture(fixture)
  const lines = await newestLines(fixture)
  expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual(['', 'wanted'])
})
