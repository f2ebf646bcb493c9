// What stat cannot tell: a page of a mapped file that is dirty already changes without a new time. --reread sees it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
/** Nothing writes its pages back, which would make them clean. */
const MEMORY = '/dev/shm'
const canTell = fs.existsSync(MEMORY) && spawnSync('python3', ['--version']).status === 0
const tree = canTell ? fs.mkdtempSync(`${MEMORY}/cairn-reread-`) : ''
beforeAll(() => place.json(['init']), 60_000)
afterAll(() => {
  place.remove()
  if (canTell) fs.rmSync(tree, { recursive: true })
})

/** Writes each line that it gets over the start of the file, through one mapping. */
const WRITER = `
import mmap, sys
file = open(sys.argv[1], 'r+b')
mapped = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    mapped[0:3] = line[:3].encode()
    print('done', flush=True)
`
/** Longer than the time for which a commit does not believe a fresh time. */
const BELIEVED_MS = 3000

test.runIf(canTell)('a write into a mapped page that is dirty already is found by --reread (needs python3 and /dev/shm)', async () => {
  const file = `${tree}/mapped`
  fs.writeFileSync(file, 'one')
  const writer = spawn('python3', ['-c', WRITER, file])
  const write = async (text: string): Promise<void> => {
    writer.stdin.write(`${text}\n`)
    await once(writer.stdout, 'data')
  }
  try {
    await write('two')
    await sleep(BELIEVED_MS)
    await place.json(['commit', tree, '--name', 'tree'])
    const { mtimeMs, ctimeMs } = fs.statSync(file)
    await write('six')
    await place.json(['commit', tree, '--name', 'tree', '--reread'])
    expect((await place.run(['cat', 'tree~1:mapped'])).stdout).toBe('two')
    expect((await place.run(['cat', 'tree:mapped'])).stdout).toBe('six')
    expect(fs.statSync(file), 'the kernel says nothing').toMatchObject({ mtimeMs, ctimeMs })
  } finally {
    writer.kill()
  }
})

test('what is read again and is the same is neither new nor changed, and what is not is told', async () => {
  const at = place.write('again/same', 'same'.repeat(100)).replace(/\/same$/, '')
  place.write('again/other', 'first')
  const commit = (...words: string[]): Promise<Record<string, unknown>> => place.json(['commit', at, '--name', 'again', ...words])
  await sleep(BELIEVED_MS)
  await commit()
  const unchanged = { files: 2, newFiles: 0, changedFiles: 0 }
  expect(await commit('--reread', '--dry-run')).toMatchObject({ ...unchanged, readBytes: 405 })
  expect(await commit('--reread')).toMatchObject({ ...unchanged, newBytes: 0 })
  place.write('again/other', 'second')
  place.write('again/third', '')
  expect(await commit('--reread', '--dry-run')).toMatchObject({ files: 3, newFiles: 1, changedFiles: 1, readBytes: 406 })
  expect(await commit('--reread')).toMatchObject({ files: 3, newFiles: 1, changedFiles: 1 })
}, 60_000)
