// What was named on the command line is captured: whatever is left out, whatever else was named, and wherever it is mounted.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
const MEMORY = '/dev/shm'
const isElsewhere = fs.existsSync(MEMORY) && fs.statSync(MEMORY).dev !== fs.statSync('/').dev
beforeAll(() => place.json(['init']), 60_000)
afterAll(() => place.remove())

/** The paths in a snapshot below a directory of the disk. */
async function held(series: string, directory = ''): Promise<string[]> {
  const below = directory === '' ? '' : `${directory.slice(1)}/`
  const { stdout } = await place.run(['ls', directory === '' ? series : `${series}:${directory.slice(1)}`, '-R'])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(below.length))
}

describe('of several paths', () => {
  test.runIf(isElsewhere)('each is its own file system (needs /dev/shm)', async () => {
    const mounted = fs.mkdtempSync(path.join(MEMORY, 'cairn-named-'))
    try {
      fs.writeFileSync(path.join(mounted, 'precious'), 'precious')
      place.write('etc/conf', 'conf')
      const files = ['commit', mounted, place.at('etc'), '--name', 'server', '--one-file-system']
      expect(await place.json(files)).toMatchObject({ files: 2, complete: true })
      expect(await held('server', mounted)).toEqual(['precious'])
      expect(await held('server', place.at('etc'))).toEqual(['conf'])
      const nested = ['commit', '/dev', mounted, '--name', 'nested', '--one-file-system', '--exclude', '/dev/*', '--exclude', '!/dev/shm']
      expect(await place.json(nested), 'named below another file system').toMatchObject({ files: 1, complete: true })
    } finally {
      fs.rmSync(mounted, { recursive: true })
    }
  })

  test('one that is named twice counts once, whatever way leads to it', async () => {
    place.write('twice/f', 'f')
    fs.symlinkSync('twice', place.at('to-twice'))
    await place.json(['commit', 'twice/', './twice', 'to-twice', place.at('twice'), '--name', 'twice'])
    expect((await place.json(['show', 'twice'])).roots).toMatchObject([{ path: place.at('twice') }])
    expect(await held('twice')).toEqual(['f'])
    const { series } = await place.json(['commit', 'twice', 'twice/../twice'])
    expect(series).toBe(place.at('twice').slice(1))
  })

  test('the one that holds another one counts, also when it is /', async () => {
    place.write('whole/etc/conf', 'conf')
    place.write('whole/other', 'other')
    const top = place.directory.split('/').slice(1)
    const only = top.flatMap((_, depth) => {
      const parent = `/${top.slice(0, depth).join('/')}`.replace(/\/$/, '')
      return ['--exclude', `${parent}/*`, '--exclude', `!${parent}/${top[depth]}`]
    })
    const rest = ['--exclude', `${place.directory}/*`, '--exclude', `!${place.at('whole')}`]
    for (const paths of [
      ['/', place.at('whole/etc')],
      [place.at('whole/etc'), '/'],
    ]) {
      expect(await place.json(['commit', ...paths, '--name', 'all', ...only, ...rest])).toMatchObject({ files: 2, complete: true })
      expect(await held('all', place.at('whole'))).toEqual(['etc/', 'etc/conf', 'other'])
    }
  })
})

describe('excludes', () => {
  test('hold below what was named, not for it and not for its parents', async () => {
    for (const name of ['build/src/x', 'build/src/build/y', 'build/src/z.log', 'build/beside', 'other/o', 'other/build/p', 'a.log'])
      place.write(`project/${name}`, name)
    const two = ['commit', 'project/build/src', 'project/other', '--name', 'two', '--exclude', 'build', '--exclude', '*.log']
    expect(await place.json(two)).toMatchObject({ files: 2, complete: true })
    expect(await held('two', place.at('project'))).toEqual(['build/', 'build/src/', 'build/src/x', 'other/', 'other/o'])
    expect(await place.json(['commit', 'project/build', '--name', 'one', '--exclude', 'build'])).toMatchObject({ files: 3 })
    expect(await place.json(['commit', 'project/a.log', '--name', 'file', '--exclude', '*.log'])).toMatchObject({ files: 1 })
    expect(await held('file')).toEqual(['a.log'])
  })

  test('leave out what lies beside the way to a named path', async () => {
    const inside = ['project', 'project/build/src', 'project/cache/kept/k']
    place.write('project/cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55')
    place.write('project/cache/kept/k', 'k')
    place.write('project/cache/kept/beside', 'beside')
    await place.json(['commit', ...inside, '--name', 'inside', '--exclude', 'build', '--exclude', '*.log', '--exclude-caches'])
    expect(await held('inside', place.at('project'))).toEqual([
      'build/',
      'build/src/',
      'build/src/x',
      'cache/',
      'cache/CACHEDIR.TAG',
      'cache/kept/',
      'cache/kept/k',
      'other/',
      'other/o',
    ])
  })

  test('have no power over names that look like patterns', async () => {
    for (const name of ['[ab]*?/f', 'a\\b/f', '!not/f', ' blank /f']) place.write(`odd/${name}`, name)
    const paths = fs.readdirSync(place.at('odd')).map((name) => `odd/${name}`)
    expect(await place.json(['commit', ...paths, '--name', 'odd', '--exclude', 'odd', '--exclude', '/**/odd/*'])).toMatchObject({
      files: 4,
    })
  })
})

describe('diff against a live directory', () => {
  test('leaves out what the commit did: caches, and what lies beside the named paths', async () => {
    for (const name of ['cache/j', 'kept', 'deep/kept']) place.write(`live/${name}`, name)
    place.write('live/cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55')
    await place.json(['commit', 'live', '--name', 'live', '--exclude-caches'])
    expect(await place.json(['diff', 'live', './live'])).toMatchObject({ same: true })
    expect((await place.run(['show', 'live'])).stdout).toMatch(/^left out +caches with a CACHEDIR.TAG$/m)
    await place.json(['commit', 'live', '--name', 'with-cache'])
    place.write('live/cache/new', 'new')
    expect((await place.run(['diff', 'with-cache', './live'])).stdout).toBe('+ cache/new\n')

    await place.json(['commit', 'live/deep', 'live/kept', '--name', 'several'])
    expect(await place.json(['diff', 'several', '/'])).toMatchObject({ same: true })
    expect(await place.json(['diff', `several:${place.at('live').slice(1)}`, './live'])).toMatchObject({ same: true })
    place.write('live/deep/new', 'new')
    fs.rmSync(place.at('live/kept'))
    expect((await place.run(['diff', `several:${place.at('live').slice(1)}`, './live'])).stdout).toBe('+ deep/new\n- kept\n')
    await place.json(['commit', 'live/deep/kept', '--name', 'file'])
    expect(await place.json(['diff', 'file', './live/deep'])).toMatchObject({ same: true })
  })

  test.runIf(isElsewhere)('stays on the file systems of the named paths (needs /dev/shm)', async () => {
    const mounted = fs.mkdtempSync(path.join(MEMORY, 'cairn-named-'))
    try {
      fs.writeFileSync(path.join(mounted, 'f'), 'f')
      const rules = ['--exclude', '/*', '--exclude', '!/shm', '--one-file-system']
      await place.json(['commit', '/dev', '--name', 'dev', ...rules])
      expect(await place.json(['diff', 'dev', '/dev'])).toMatchObject({ same: true })
    } finally {
      fs.rmSync(mounted, { recursive: true })
    }
  })
})
