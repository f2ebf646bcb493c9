// Under an older Node the program is a child of its launcher: who kills the launcher means the program.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(() => place.json(['init']), 60_000)
afterAll(() => place.remove())

test('SIGKILL to the launcher ends the program, too', async () => {
  const endless = place.at('endless')
  execFileSync('mkfifo', [endless])
  const stdin = fs.openSync(endless, 'r+')
  const launcher = place.startUnderLauncher(['commit', '--stdin', 'stream'], stdin)
  const leases = place.at('repository/leases')
  while (!fs.existsSync(leases) || fs.readdirSync(leases).length === 0) await setTimeout(5)
  const program = fs.readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8').trim()
  expect(fs.existsSync(`/proc/${program}`)).toBe(true)
  launcher.kill('SIGKILL')
  await expect.poll(() => fs.existsSync(`/proc/${program}`), { timeout: 10_000 }).toBe(false)
  fs.closeSync(stdin)
})
