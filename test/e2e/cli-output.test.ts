// Where output cannot be written: a disk that is full.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace, type CliResult } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  place.write('sample/f', 'x'.repeat(1_000_000))
  await place.json(['init'])
  await place.json(['commit', 'sample', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

describe('an output that takes nothing', () => {
  const full = (args: string): Promise<CliResult> => place.shell(`"$0" "$1" ${args} > /dev/full`)

  test.each(['log', 'log --json', 'cat s:f', 'cat s:f --json', 'status'])('ends %s with exit 2, and says so', async (args) => {
    const { code, stderr } = await full(args)
    expect(stderr).toMatch(/^cairn: The output could not be written \(ENOSPC\).*\n {2}Make room/)
    expect(code).toBe(2)
  })

  test('does not end a backup, and is told behind its end', async () => {
    const before = (await place.json(['log'])).snapshots.length
    expect(await full('commit sample --name s --json')).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOSPC') })
    expect((await place.json(['log'])).snapshots).toHaveLength(before + 1)
  })
})
