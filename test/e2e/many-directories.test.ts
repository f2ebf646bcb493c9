// A tree of very many small directories, where a process may hold few files open: the walk lets handles go, and the commit ends.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
afterAll(() => place.remove())

test('3,000 directories with a limit of 700 open files', async () => {
  for (let i = 0; i < 3000; i++) place.write(`tree/d${i}/f`, `content ${i}`)
  await place.json(['init'])
  const launcher = path.join(import.meta.dirname, '../../bin/cairn.js')
  const script = `ulimit -n 700 && exec '${process.execPath}' '${launcher}' commit '${place.at('tree')}' --name many --json`
  const env = { ...process.env, CAIRN_REPO: place.at('repository'), CAIRN_HOME: place.at('home') }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 60_000 })
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ files: 3000, complete: true })
}, 90_000)
