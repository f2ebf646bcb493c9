// `commit --stdin` takes all that standard input gives, whatever it is: a pipe, a file from where its reader stands, a block device.
// What node cannot classify it takes for an empty stream, which would be a backup of nothing that looks like a success.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import { CliPlace } from '../support/cli-process.ts'
import { LoopDevice, whyNoLoopDevice } from '../support/loop-device.ts'

/** More than two pieces of 16 MiB, and a rest that is no multiple of a page. */
const LONG_BYTES = (35 << 20) + 512
const whyNot = whyNoLoopDevice()

let place: CliPlace
beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
})
afterAll(() => place.remove())

const COMMIT = '"$0" "$1" commit --stdin image --quiet'

/** Backs up by a line of the shell; the content of the snapshot's file. */
async function captured(line: string): Promise<Buffer> {
  const { code, stderr } = await place.shell(line)
  expect([code, stderr]).toEqual([0, ''])
  const target = place.at('restored')
  await place.json(['restore', 'image', '--to', target])
  const content = fs.readFileSync(place.at('restored', 'image'))
  fs.rmSync(target, { recursive: true })
  return content
}

function expectSame(found: Buffer, expected: Buffer): void {
  expect([found.length, sha256(found).toString('hex')]).toEqual([expected.length, sha256(expected).toString('hex')])
}

test.skipIf(whyNot !== undefined).each([512, 3 << 20, LONG_BYTES])(
  `a block device of %i bytes${whyNot === undefined ? '' : ` (${whyNot})`}`,
  async (bytes) => {
    const content = randomBytes(bytes)
    const device = LoopDevice.attach(place.write(`image-${bytes}`, content))
    try {
      expectSame(await captured(`${COMMIT} < ${device.path}`), content)
    } finally {
      device.detach()
    }
  },
  60_000,
)

test.each([
  ['a file', (file: string) => `${COMMIT} < ${file}`],
  ['a pipe that brings odd pieces', (file: string) => `dd if=${file} bs=50001 status=none | ${COMMIT}`],
])(
  '%s',
  async (_, lineFor) => {
    const content = randomBytes(LONG_BYTES)
    expectSame(await captured(lineFor(place.write('content', content))), content)
  },
  60_000,
)

test('a file, from where it was read to', async () => {
  const file = place.write('lines', 'first line\nsecond line\n')
  const { code } = await place.shell(`{ read -r line; "$0" "$1" commit --stdin lines --quiet; } < ${file}`)
  expect(code).toBe(0)
  expect((await place.run(['cat', 'lines:lines'])).stdout).toBe('second line\n')
})

test('a directory is refused', async () => {
  const { code, stderr } = await place.shell(`"$0" "$1" commit --stdin directory < ${place.directory}`)
  expect(code).toBe(2)
  expect(stderr).toContain('Standard input is a directory')
})
