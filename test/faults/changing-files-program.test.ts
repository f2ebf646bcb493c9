// A file that another process appends to while the program reads it: exit code 3, said in words and in numbers, and healed by the next.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliRepository } from '../support/cli-repository.ts'
import { noise } from '../support/sample-tree.ts'
import { linesOnDisk } from '../support/tree.ts'

const FILE_BYTES = 24 << 20

let cli: CliRepository

beforeAll(async () => {
  cli = await CliRepository.make()
})
afterAll(() => cli.remove())

test('a log that grows all the time', async () => {
  const log = cli.place.write('tree/growing.log', noise(1, FILE_BYTES))
  const writer = spawn('sh', ['-c', 'while :; do echo another line >> "$0"; done', log])
  try {
    const { code, stdout, stderr } = await cli.place.run(['commit', cli.tree])
    expect(code, stderr).toBe(3)
    expect(stdout + stderr).toMatch(/growing\.log.*changed/)
    expect((await cli.place.json(['commit', cli.tree], { code: 3 })).errors).toBe(1)
  } finally {
    writer.kill('SIGKILL')
    await once(writer, 'close')
  }
  await cli.place.json(['commit', cli.tree])
  expect(await cli.snapshots(2)).toEqual([linesOnDisk(cli.tree)])
}, 60_000)
