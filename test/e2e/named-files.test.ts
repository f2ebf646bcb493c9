// Files that a person names for an option: read with a bound, so that a device or a wrong file ends at once; a pipe of a shell is one, too.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
let recoveryCode: string
beforeAll(async () => {
  ;({ recoveryCode } = await place.json(['init']))
  place.write('pass', 'six random words are long enough\n')
  await place.json(['key', 'add', '--new-passphrase-file', 'pass'])
  place.write('sample/kept', 'content')
  place.write('sample/left.out', 'content')
}, 60_000)
afterAll(() => place.remove())

describe('what never ends is refused', () => {
  test.each([
    ['exclude-file', ['commit', 'sample', '--exclude-file', '/dev/zero'], '16384 KiB'],
    ['passphrase-file', ['log', '--passphrase-file', '/dev/zero'], '64 KiB'],
    ['passphrase-file', ['key', 'add', '--new-passphrase-file', '/dev/zero'], '64 KiB'],
    ['secret-file', ['log', '--recovery-code-file', '/dev/zero'], '64 KiB'],
  ])('%s of %j', async (code, args, bound) => {
    const { error } = await place.json(args, { code: 2 })
    expect(error).toMatchObject({ code, message: expect.stringMatching(`/dev/zero.* has more than ${bound}`) })
  })

  test.each([
    ['a device', () => '/dev/zero', 'no regular file'],
    ['a FIFO into which nobody writes', () => fifo('fifo'), 'no regular file'],
    ['a large file', () => large('large'), 'more than 64 KiB'],
  ])('%s is no identity', async (_, make, what) => {
    const { error } = await place.json(['log', '--identity', make()], { code: 12 })
    expect(error).toMatchObject({ code: 'identity-unreadable', message: expect.stringContaining(what) })
  })
})

function fifo(name: string): string {
  execFileSync('mkfifo', ['-m', '600', place.at(name)])
  return place.at(name)
}

function large(name: string): string {
  fs.writeFileSync(place.at(name), Buffer.alloc(64 * 1024 + 1, ' '), { mode: 0o600 })
  return place.at(name)
}

describe('a pipe is read like a file', () => {
  const piped = (text: string, args: string, env = '') => place.shell(`printf '%s\\n' '${text}' | ${env} "$0" "$1" ${args}`)

  test('of patterns', async () => {
    expect(await piped('*.out', 'commit sample --name sample --exclude-file /dev/stdin')).toMatchObject({ code: 0 })
    expect((await place.run(['ls', 'sample'])).stdout).toBe('kept\n')
  })

  test.each([
    ['a passphrase', () => 'six random words are long enough', '--passphrase-file'],
    ['a recovery code', () => recoveryCode, '--recovery-code-file'],
  ])('of %s', async (_, text, option) => {
    const elsewhere = `CAIRN_HOME='${place.at('elsewhere')}'` // where no identity is
    expect(await piped(text(), `log ${option} /dev/fd/0`, elsewhere)).toMatchObject({ code: 0 })
  })
})
